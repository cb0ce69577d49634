import { LEFT, RIGHT, WIDTH, type Canvas } from './canvas.ts'
import { OUTSIDE, type Delivery, type Lane, type Mark } from './lanes.ts'
import type { StoryEvent } from './story.ts'
import { at, escaped, shortened, text, widthOf } from './svg.ts'
import { durationOf } from './time/duration.ts'

/** The name of a reaction, its work, its failures, and the events that it published. */
export function drawLane(lane: Lane, index: number, canvas: Canvas): string {
  const y = canvas.y(lane.reaction)
  const parts = [
    drawName(lane.reaction, y),
    ...lane.deliveries.map((delivery) => drawDelivery(delivery, lane, y, canvas)),
    ...lane.published.map((event, nth) => drawEvent(event, lane.published[nth + 1], y, canvas)),
  ]
  return `<g${index % 2 === 0 ? ' class="striped"' : ''}>${parts.join('')}</g>`
}

function drawName(reaction: string, y: number): string {
  if (reaction === OUTSIDE) return text('request or schedule', 20, y + 4, { class: 'dim' })
  const [folder = '', name = ''] = reaction.split('.')
  const spans = `<tspan class="dim">${escaped(folder)}.</tspan><tspan class="name">${escaped(name)}</tspan>`
  return `<text x="20" y="${at(y + 4)}">${spans}</text>`
}

/** Its work, its failed attempts, and a word where it is not handled. */
function drawDelivery(delivery: Delivery, { published }: Lane, y: number, { axis, hue }: Canvas): string {
  const { event, work, marks, state } = delivery
  const open = !work && state !== 'dead' ? text(state, RIGHT + 8, y + 4, { class: 'dim small' }) : ''
  const bar = work ? `<g class="${hue(event.type)}">${drawWork(work, y, axis.x)}</g>` : ''
  const [first] = marks
  const next = published.find(({ afterMs }) => first && afterMs > first.atMs)
  const end = next ? axis.x(next.afterMs) : WIDTH - 20
  return (
    bar + marks.map((mark) => drawMark(mark, axis.x(mark.atMs), y)).join('') + tellMarks(marks, y, axis.x, end) + open
  )
}

/** Room for the duration within a bar. */
const ROOMY = 40

function drawWork({ fromMs, toMs }: NonNullable<Delivery['work']>, y: number, x: (ms: number) => number): string {
  const from = x(fromMs)
  const width = Math.max(4.5, x(toMs) - from)
  const bar = `<rect class="bar" x="${at(from)}" y="${at(y - 6)}" width="${at(width)}" height="12" rx="3"/>`
  if (width < ROOMY) return bar
  return bar + text(durationOf(toMs - fromMs), from + width / 2, y + 3.5, { class: 'inside', anchor: 'middle' })
}

const hueOf = (what: string) => (what === 'dead' ? 'dead' : what === 'failed' ? 'failed' : 'none')

/** A cross for a failed attempt, a ring for what was done about it. */
function drawMark({ what }: Mark, x: number, y: number): string {
  const hue = hueOf(what)
  if (hue === 'none') return `<circle class="none way" cx="${at(x)}" cy="${at(y)}" r="4"/>`
  return `<g class="${hue}">${cross(x, y)}</g>`
}

export const cross = (x: number, y: number) => `<path class="cross" d="M${at(x - 3.5)} ${at(y - 3.5)}l7 7m0 -7l-7 7"/>`

/** All of them in one line, as far as there is room before `end`. */
function tellMarks(marks: readonly Mark[], y: number, xOf: (ms: number) => number, end: number): string {
  const [first] = marks
  if (!first) return ''
  const x = xOf(first.atMs)
  const isRight = x - LEFT > end - x
  const label = { class: `${hueOf(marks.at(-1)!.what)} said event`, ...(isRight && { anchor: 'end' as const }) }
  return text(shortened(wordsOf(marks), isRight ? x - LEFT : end - x), isRight ? x + 4 : x - 4, y - 9, label)
}

function wordsOf(marks: readonly Mark[]): string {
  const failures = marks.filter(({ error }) => error !== null)
  const times = failures.length > 1 ? ` ${failures.length} times` : ''
  const error = failures.at(-1)?.error?.replace(/^Error: /, '') ?? ''
  const end = marks.some(({ what }) => what === 'dead') ? 'dead letter' : 'failed'
  const repairs = marks.filter(({ what }) => hueOf(what) === 'none').map(({ what }) => what)
  return [...(failures.length > 0 ? [`${end}${end === 'failed' ? times : ''}: ${error}`] : []), ...repairs].join(' · ')
}

/** The name stands on the left where the next event of the lane needs the room on the right. */
function drawEvent(event: StoryEvent, next: StoryEvent | undefined, y: number, { axis, hue }: Canvas): string {
  const x = axis.x(event.afterMs)
  const isCrowded = next !== undefined && axis.x(next.afterMs) - x < widthOf(event.type) + 14
  const label = isCrowded
    ? text(event.type, x + 2, y - 9, { class: 'said event', anchor: 'end' })
    : text(event.type, x + 6, y - 9, { class: 'said event' })
  return `<g class="${hue(event.type)}"><circle class="knot" cx="${at(x)}" cy="${at(y)}" r="6"/>${label}</g>`
}
