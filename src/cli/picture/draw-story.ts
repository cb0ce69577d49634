import { canvasOf, LANE, TOP, WIDTH, type Canvas } from './canvas.ts'
import { drawLane } from './draw-lane.ts'
import { drawWays } from './draw-ways.ts'
import type { Story } from './story.ts'
import { at, escaped, text } from './svg.ts'
import { STYLE } from './theme.ts'
import { CUT_WIDTH, durationOf } from './time-axis.ts'

const FOOT = 44

/**
 * The story of an order as an SVG document: a lane for each reaction, time from left to right, a dot for each event on the
 * lane of the reaction that published it, a line from there to each reaction that received it, and a bar while that worked.
 * It takes the light or the dark colours of whoever looks at it.
 */
export function drawStory(story: Story): string {
  const canvas = canvasOf(story)
  const height = canvas.bottom + FOOT
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>The story of order ${escaped(story.orderId)}: ${escaped(summaryOf(story))}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>`,
    text(`The order is ${story.status}`, 20, 34, { class: 'title' }),
    text(summaryOf(story), 20, 54, { class: 'dim' }),
    ...drawGround(canvas),
    ...story.events.map((event) => drawWays(event, canvas)),
    ...canvas.lanes.map((lane, index) => drawLane(lane, index, canvas)),
    drawLegend(story.orderId, canvas.bottom + 24),
    '</svg>\n',
  ].join('\n')
}

function summaryOf({ events }: Story): string {
  const reactions = events.flatMap((event) => event.reactions)
  const lastMs = Math.max(...[...events, ...reactions].map(({ afterMs }) => afterMs ?? 0))
  return `${events.length} events, ${reactions.length} reactions, ${durationOf(lastMs)}`
}

/** Pixels between a cut and the next tick, at least. */
const NEAR = 56

/** Stripes, grid and times. */
function drawGround({ axis, lanes, bottom }: Canvas): string[] {
  const stripes = lanes.flatMap((_, index) => {
    const place = `x="8" y="${TOP + index * LANE}" width="${WIDTH - 16}" height="${LANE}"`
    return index % 2 === 0 ? [`<rect class="stripe" ${place} rx="4"/>`] : []
  })
  const moment = (words: string, x: number) => text(words, x, TOP - 10, { class: 'dim small', anchor: 'middle' })
  const middles = axis.cuts.map(({ fromMs }) => axis.x(fromMs) + CUT_WIDTH / 2)
  const cuts = axis.cuts.map(({ fromMs, toMs }, index) => {
    const place = `x="${at(axis.x(fromMs))}" y="${TOP}" width="${CUT_WIDTH}" height="${bottom - TOP}"`
    return `<rect class="cut" ${place}/>${moment(`+ ${durationOf(toMs - fromMs)}`, middles[index]!)}`
  })
  const ticks = axis.ticks
    .map((tick) => ({ ...tick, x: axis.x(tick.ms) }))
    .filter(({ x }) => middles.every((middle) => Math.abs(middle - x) > NEAR))
  return [
    ...stripes,
    ...ticks.map((tick) => `<path class="grid" d="M${at(tick.x)} ${TOP}V${bottom}"/>${moment(tick.text, tick.x)}`),
    ...cuts,
  ]
}

function drawLegend(orderId: string, y: number): string {
  const words = (told: string, x: number) => text(told, x, y + 4, { class: 'dim small' })
  const signs = [
    `<circle class="knot" cx="28" cy="${y}" r="6"/>${words('an event is published', 42)}`,
    `<path class="way" d="M182 ${y}H204"/>${words('and on its way to a reaction,', 212)}`,
    `<rect class="bar" x="378" y="${y - 6}" width="20" height="12" rx="3"/>${words('which works', 404)}`,
    `<path class="way later" d="M488 ${y}H510"/>${words('or is tried again', 518)}`,
  ]
  const command = text(`fanfare story ${orderId} --svg story.svg`, WIDTH - 20, y + 4, {
    class: 'dim small',
    anchor: 'end',
  })
  return `<g class="none">${signs.join('')}</g>${command}`
}
