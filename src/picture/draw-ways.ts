import { RIGHT, type Canvas } from './canvas.ts'
import { OUTSIDE, type Delivery } from './lanes.ts'
import type { StoryEvent } from './story.ts'
import { at } from './svg.ts'

interface Place {
  x: number
  y: number
}

/** From an event to each reaction that received it: along its own moment, then along the lane until the work began. */
export function drawWays(event: StoryEvent, { axis, lanes, hue, y }: Canvas): string {
  const from = { x: axis.x(event.afterMs), y: y(event.publishedBy ?? OUTSIDE) }
  const ways = lanes.flatMap(({ reaction, deliveries }) =>
    deliveries.flatMap((delivery) => (delivery.event === event ? [drawWay(from, y(reaction), delivery, axis.x)] : [])),
  )
  return `<g class="${hue(event.type)}">${ways.join('')}</g>`
}

function drawWay(from: Place, y: number, delivery: Delivery, x: (ms: number) => number): string {
  const { path, later } = wayOf(from, y, delivery, x)
  return `<path class="way" d="${path}"/>` + (later === undefined ? '' : `<path class="way later" d="${later}"/>`)
}

/** Solid until it was tried first; dotted from there to the attempt that succeeded, or to the end while none has. */
export function wayOf(from: Place, y: number, { work, marks, state }: Delivery, x: (ms: number) => number) {
  const triedMs = [...marks.map(({ atMs }) => atMs), ...(work ? [work.fromMs] : [])]
  const first = triedMs.length > 0 ? x(Math.min(...triedMs)) : RIGHT
  const isOver = work !== undefined || state === 'dead' || state === 'discarded'
  const last = isOver ? x(Math.max(...triedMs)) : RIGHT
  return { path: elbow(from, { x: first, y }), later: last > first ? `M${at(first)} ${at(y)}H${at(last)}` : undefined }
}

/** Vertical, a rounded corner, horizontal. */
function elbow(from: Place, to: Place): string {
  const radius = Math.min(6, Math.max(0, to.x - from.x), Math.abs(to.y - from.y))
  const down = to.y > from.y ? radius : -radius
  const corner = `q0 ${at(down)} ${at(radius)} ${at(down)}`
  return `M${at(from.x)} ${at(from.y)}V${at(to.y - down)}${corner}H${at(to.x)}`
}
