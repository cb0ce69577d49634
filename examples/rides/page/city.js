/* global document, window, fetch, requestAnimationFrame, devicePixelRatio, innerWidth, innerHeight, performance */
import { drawGround, drawLive, projectionFor } from './drawing.js'
import { openStory, refreshStory, storyOf } from './story.js'
import { element, pounds } from './words.js'

const canvas = document.getElementById('map')
const context = canvas.getContext('2d')
const ground = document.createElement('canvas')
const EVERY_MS = 1_000

/** What is drawn: the map, and the city as it was told last. Cars glide from where they were told to be to where they are. */
const state = { map: undefined, city: undefined, cars: new Map(), toldAt: 0, project: undefined }

const map = await (await fetch('/city/map.json')).json()
state.map = map
fit()
window.addEventListener('resize', fit)
void look()
requestAnimationFrame(frame)

function fit() {
  for (const one of [canvas, ground]) {
    one.width = innerWidth * devicePixelRatio
    one.height = innerHeight * devicePixelRatio
  }
  state.project = projectionFor(state.map.bounds, innerWidth, innerHeight)
  const painter = ground.getContext('2d')
  painter.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
  drawGround(painter, state.map, state.project, { width: innerWidth, height: innerHeight })
}

function frame(now) {
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.drawImage(ground, 0, 0)
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
  if (state.city) drawLive(context, { ...state, now, open: storyOf() })
  requestAnimationFrame(frame)
}

/** Asks for the city, again and again. */
async function look() {
  const link = document.getElementById('link')
  try {
    const answer = await fetch('/city/live.json')
    if (!answer.ok) throw new Error(String(answer.status))
    take(await answer.json())
    link.textContent = 'live'
    link.classList.add('live')
  } catch {
    link.textContent = 'no answer'
    link.classList.remove('live')
  }
  setTimeout(look, EVERY_MS)
}

function take(city) {
  const now = performance.now()
  const share = Math.min(1, (now - state.toldAt) / EVERY_MS)
  const work = new Map(city.work.map((one) => [one.driverId, one]))
  const before = state.cars
  state.cars = new Map(
    city.drivers.map(({ id, lat, lng }) => {
      const old = before.get(id)
      const from = old
        ? { lat: between(old.from.lat, old.to.lat, share), lng: between(old.from.lng, old.to.lng, share) }
        : { lat, lng }
      return [id, { from, to: { lat, lng }, work: work.get(id) }]
    }),
  )
  state.city = city
  state.toldAt = now
  showFigures(city)
  showTrips(city)
  void refreshStory()
}

const between = (from, to, share) => from + (to - from) * share

const money = (amount) => (amount === null ? '' : pounds(amount))

function showFigures({ figures, drivers }) {
  const told = [
    ['Drivers on the road', drivers.length],
    ['Free', drivers.filter(({ free }) => free).length],
    ['Trips under way', figures.driving],
    ['Riders waiting', figures.waiting],
    ['Asked for, last minute', figures.requested],
    ['Paid, last minute', figures.paid],
    ['Taken, last minute', `£${Math.round(figures.taken / 100).toLocaleString('en-GB')}`],
  ]
  const list = document.getElementById('figures')
  list.replaceChildren(
    ...told.map(([what, value]) => {
      const line = document.createElement('div')
      line.append(element('dt', what), element('dd', String(value)))
      return line
    }),
  )
}

function showTrips({ recent }) {
  const list = document.getElementById('trips')
  list.replaceChildren(
    ...recent.map(({ id, status, riderId, amount }) => {
      const button = document.createElement('button')
      button.className = storyOf() === id ? 'open' : ''
      button.append(
        element('span', status, `status ${status}`),
        element('span', riderId, 'who'),
        element('span', money(amount), 'fare'),
      )
      button.addEventListener('pointerdown', () => void openStory(id)) // the list is drawn anew every second: a click would miss
      button.addEventListener('keydown', ({ key }) => key === 'Enter' && void openStory(id))
      const line = document.createElement('li')
      line.append(button)
      return line
    }),
  )
}

const NEAR_PX = 16

canvas.addEventListener('click', ({ clientX, clientY }) => {
  const hit = [...state.cars.values()]
    .filter(({ work }) => work)
    .map(({ to, work }) => {
      const [x, y] = state.project(to)
      return { tripId: work.tripId, away: Math.hypot(x - clientX, y - clientY) }
    })
    .toSorted((a, b) => a.away - b.away)[0]
  if (hit && hit.away < NEAR_PX) void openStory(hit.tripId)
})
