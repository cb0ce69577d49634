const COLORS = {
  ground: '#0c1219',
  zone: 'rgba(255,255,255,0.045)',
  park: '#12241f',
  street: '#1d2a38',
  river: '#15354d',
  bank: '#1b435f',
  label: 'rgba(190,207,222,0.62)',
  free: '#9fb4c7',
  offered: '#f4d35e',
  coming: '#ff9f45',
  riding: '#38c6d9',
}
/** Room for the panels at the sides. */
const MARGIN = { left: 40, right: 40, top: 20, bottom: 20 }

/** Degrees to pixels: the bounds fill the window, without distortion. */
export function projectionFor({ west, south, east, north }, width, height) {
  const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180)
  const [room, tall] = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom]
  const scale = Math.max(room / ((east - west) * narrow), tall / (north - south))
  const [x0, y0] = [width / 2, height / 2]
  const [lng0, lat0] = [(west + east) / 2, (south + north) / 2]
  return ({ lat, lng }) => [x0 + (lng - lng0) * narrow * scale, y0 - (lat - lat0) * scale]
}

/** All that does not move. */
export function drawGround(painter, map, project, { width, height }) {
  painter.fillStyle = COLORS.ground
  painter.fillRect(0, 0, width, height)
  painter.lineJoin = 'round'
  painter.lineCap = 'round'
  for (const { shape } of map.parks) fill(painter, shape, project, COLORS.park)
  for (const [nth, street] of map.streets.entries()) line(painter, street, project, COLORS.street, nth < 3 ? 4.5 : 3)
  line(painter, map.river, project, COLORS.bank, 25)
  line(painter, map.river, project, COLORS.river, 21)
  for (const { shape } of map.zones) outline(painter, shape, project)
  painter.font = "500 12px 'Inter', 'Segoe UI', system-ui, sans-serif"
  painter.textAlign = 'center'
  painter.fillStyle = COLORS.label
  for (const place of map.places) painter.fillText(place.name, ...project(place))
}

/** What moves: fares by zone, who waits, trips and cars. */
export function drawLive(painter, { map, city, cars, project, toldAt, now, open }) {
  const surges = new Map(city.zones.map((zone) => [zone.cell, zone]))
  for (const { cell, shape } of map.zones) drawSurge(painter, shape, project, surges.get(cell))
  const share = Math.min(1, (now - toldAt) / 1_000)
  const placed = [...cars.values()].map(({ from, to, work }) => {
    const at = { lat: from.lat + (to.lat - from.lat) * share, lng: from.lng + (to.lng - from.lng) * share }
    return { work, at: project(at) }
  })
  for (const { work, at } of placed) if (work) drawWay(painter, work, at, project, open)
  for (const rider of city.waiting) drawWaiting(painter, project(rider), now)
  for (const { work, at } of placed) drawCar(painter, at, work, open)
}

const kindOf = (work) => {
  if (!work) return 'free'
  if (work.state === 'offered') return 'offered'
  return work.status === 'started' ? 'riding' : 'coming'
}

function drawSurge(painter, shape, project, zone) {
  if (!zone || zone.surge <= 100) return
  const heat = Math.min(1, (zone.surge - 100) / 200)
  trace(painter, shape, project)
  painter.fillStyle = `rgba(${255 - 15 * heat}, ${170 - 106 * heat}, ${60 + 12 * heat}, ${0.06 + 0.26 * heat})`
  painter.fill()
  const points = shape.map(([lng, lat]) => project({ lat, lng }))
  const x = points.reduce((sum, [one]) => sum + one, 0) / points.length
  const y = points.reduce((sum, [, one]) => sum + one, 0) / points.length
  painter.font = "600 13px 'Inter', 'Segoe UI', system-ui, sans-serif"
  painter.textAlign = 'center'
  painter.fillStyle = `rgba(255, 226, 196, ${0.55 + 0.4 * heat})`
  painter.fillText(`${(zone.surge / 100).toFixed(1)}×`, x, y + 24)
}

function drawWay(painter, work, at, project, open) {
  if (work.state === 'offered') return
  const isOpen = work.tripId === open
  const pickup = project({ lat: work.pickupLat, lng: work.pickupLng })
  const dropoff = project({ lat: work.dropoffLat, lng: work.dropoffLng })
  const kind = kindOf(work)
  painter.lineWidth = isOpen ? 2.5 : 1.1
  painter.strokeStyle = COLORS[kind]
  painter.globalAlpha = isOpen ? 1 : 0.26
  painter.setLineDash(kind === 'coming' ? [4, 5] : [])
  stroke(painter, at, kind === 'coming' ? pickup : dropoff)
  painter.setLineDash([])
  if (isOpen && kind === 'coming') {
    painter.strokeStyle = COLORS.riding
    painter.globalAlpha = 0.5
    stroke(painter, pickup, dropoff)
  }
  painter.globalAlpha = isOpen ? 1 : 0.55
  painter.fillStyle = COLORS[kind]
  const end = kind === 'coming' ? pickup : dropoff
  painter.fillRect(end[0] - 2, end[1] - 2, 4, 4)
  painter.globalAlpha = 1
}

function drawWaiting(painter, [x, y], now) {
  const beat = (now % 1_400) / 1_400
  painter.strokeStyle = COLORS.offered
  painter.lineWidth = 1.6
  painter.globalAlpha = 1 - beat
  circle(painter, x, y, 4 + beat * 9)
  painter.stroke()
  painter.globalAlpha = 1
  circle(painter, x, y, 3)
  painter.stroke()
}

function drawCar(painter, [x, y], work, open) {
  const kind = kindOf(work)
  const isOpen = work !== undefined && work.tripId === open
  circle(painter, x, y, isOpen ? 7 : kind === 'free' ? 2.7 : 4)
  painter.globalAlpha = kind === 'free' ? 0.7 : 1
  painter.fillStyle = COLORS[kind]
  painter.fill()
  painter.globalAlpha = 1
  painter.lineWidth = isOpen ? 2.5 : 1
  painter.strokeStyle = isOpen ? '#ffffff' : COLORS.ground
  painter.stroke()
}

function circle(painter, x, y, radius) {
  painter.beginPath()
  painter.arc(x, y, radius, 0, 2 * Math.PI)
}

function stroke(painter, from, to) {
  painter.beginPath()
  painter.moveTo(...from)
  painter.lineTo(...to)
  painter.stroke()
}

function trace(painter, shape, project) {
  painter.beginPath()
  for (const [nth, [lng, lat]] of shape.entries()) {
    const point = project({ lat, lng })
    if (nth === 0) painter.moveTo(...point)
    else painter.lineTo(...point)
  }
}

function fill(painter, shape, project, color) {
  trace(painter, shape, project)
  painter.closePath()
  painter.fillStyle = color
  painter.fill()
}

function outline(painter, shape, project) {
  trace(painter, shape, project)
  painter.closePath()
  painter.strokeStyle = COLORS.zone
  painter.lineWidth = 1
  painter.stroke()
}

/** Through the points in soft curves, as rivers and streets go. */
function line(painter, points, project, color, width) {
  const placed = points.map(([lng, lat]) => project({ lat, lng }))
  painter.beginPath()
  painter.moveTo(...placed[0])
  for (let nth = 1; nth < placed.length - 1; nth++) {
    const [x, y] = placed[nth]
    const [nextX, nextY] = placed[nth + 1]
    painter.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2)
  }
  painter.lineTo(...placed.at(-1))
  painter.strokeStyle = color
  painter.lineWidth = width
  painter.stroke()
}
