import { barOf, RIGHT, type Canvas, type PlacedLane } from './canvas.ts'
import { placeDurations, type Bar } from './labels/place-durations.ts'
import { baselineOf, leaderOf, type Label } from './labels/place-labels.ts'
import { kindOf, openStates, worthTelling } from './labels/tell-marks.ts'
import { OUTSIDE, type Mark } from './lanes.ts'
import type { StoryEvent } from './story.ts'
import { at, escaped, text } from './svg.ts'

/** The name of a reaction, its work, its failures, and the events that it published. */
export function drawLane(lane: PlacedLane, index: number, canvas: Canvas): string {
  const { reaction, y, published, labels } = lane
  const parts = [
    drawName(reaction, y),
    ...drawDeliveries(lane, canvas),
    drawSentence(lane),
    drawStates(lane),
    ...published.map((event, nth) => drawEvent(event, labels.names[nth], y, canvas)),
  ]
  return `<g${index % 2 === 0 ? ' class="striped"' : ''}>${parts.join('')}</g>`
}

function drawName(reaction: string, y: number): string {
  if (reaction === OUTSIDE) return text('request or schedule', 20, y + 4, { class: 'dim' })
  const [folder = '', name = ''] = reaction.split('.')
  const spans = `<tspan class="dim">${escaped(folder)}.</tspan><tspan class="name">${escaped(name)}</tspan>`
  return `<text x="20" y="${at(y + 4)}">${spans}</text>`
}

/** Each piece of work, with its failed attempts. */
function drawDeliveries({ deliveries, published, y }: PlacedLane, { axis, hue }: Canvas): string[] {
  const bars = deliveries.map((delivery) => barOf(delivery, axis))
  const failed = deliveries.flatMap(({ marks }) => marks.map(({ atMs }) => axis.x(atMs)))
  const middles = placeDurations(bars, [...published.map(({ afterMs }) => axis.x(afterMs)), ...failed])
  return deliveries.map(({ event, marks }, nth) => {
    const bar = bars[nth]
    const work = bar ? `<g class="${hue(event.type)}">${drawBar(bar, middles[nth], y)}</g>` : ''
    return work + marks.map((mark) => drawMark(mark, axis.x(mark.atMs), y)).join('')
  })
}

function drawBar({ x, width, text: duration }: Bar, middle: number | undefined, y: number): string {
  const bar = `<rect class="bar" x="${at(x)}" y="${at(y - 6)}" width="${at(width)}" height="12" rx="3"/>`
  return middle === undefined ? bar : bar + text(duration, middle, y + 3.5, { class: 'inside', anchor: 'middle' })
}

/** A cross for a failed attempt, a ring for what was done about it. */
function drawMark({ what }: Mark, x: number, y: number): string {
  const kind = kindOf(what)
  if (kind === 'repair') return `<circle class="none way" cx="${at(x)}" cy="${at(y)}" r="4"/>`
  return `<g class="${kind}">${cross(x, y)}</g>`
}

export const cross = (x: number, y: number) => `<path class="cross" d="M${at(x - 3.5)} ${at(y - 3.5)}l7 7m0 -7l-7 7"/>`

/** Why attempts of this lane failed, and what was done about it. */
function drawSentence({ labels: { sentence }, deliveries, y }: PlacedLane): string {
  const last = worthTelling(deliveries)?.marks.at(-1)
  return last && sentence ? drawLabel(sentence, y, `${hueOf(last)} said event`) : ''
}

function drawStates({ deliveries, y }: PlacedLane): string {
  const states = openStates(deliveries)
  return states === '' ? '' : text(states, RIGHT + 8, y + 4, { class: 'dim small' })
}

const hueOf = ({ what }: Mark) => (kindOf(what) === 'repair' ? 'none' : kindOf(what))

const drawLabel = (label: Label, y: number, name: string) =>
  text(label.words, label.x, baselineOf(y, label), { class: name, ...(label.anchor && { anchor: label.anchor }) })

function drawEvent({ type, afterMs }: StoryEvent, name: Label | undefined, y: number, { axis, hue }: Canvas): string {
  const x = axis.x(afterMs)
  const leader = name && name.row > 0 ? `<path class="way" d="${leaderOf(at(x), at(y), name)}"/>` : ''
  const told = name ? drawLabel(name, y, 'said event') : ''
  return `<g class="${hue(type)}">${leader}<circle class="knot" cx="${at(x)}" cy="${at(y)}" r="6"/>${told}</g>`
}
