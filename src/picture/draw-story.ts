import { canvasOf, TOP, WIDTH, type Canvas } from './canvas.ts'
import { cross, drawLane } from './draw-lane.ts'
import { drawWays } from './draw-ways.ts'
import { lanesOf, momentsOf } from './lanes.ts'
import type { Story } from './story.ts'
import { at, escaped, text } from './svg.ts'
import { STYLE } from './theme.ts'
import { durationOf } from './time/duration.ts'

const FOOT = 66

/**
 * The story of an order as an SVG document: a lane for each reaction, time from left to right, a dot for each event on the
 * lane of the reaction that published it, a line from there to each reaction that received it, and a bar while that worked.
 * It takes the light or the dark colours of whoever looks at it.
 * @param command what draws it again, for its foot
 */
export function drawStory(story: Story, command: string): string {
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
    drawLegend(canvas.bottom + 24, command),
    '</svg>\n',
  ].join('\n')
}

function summaryOf(story: Story): string {
  const { events } = story
  const reactions = events.reduce((sum, event) => sum + event.reactions.length, 0)
  const lastMs = Math.max(...momentsOf(lanesOf(story)))
  return `${counted(events.length, 'event')}, ${counted(reactions, 'reaction')}, ${durationOf(lastMs)}`
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`

/** Stripes, grid and times. */
function drawGround({ axis, lanes, bottom }: Canvas): string[] {
  const stripes = lanes.flatMap(({ top, height }, index) => {
    const place = `x="8" y="${top}" width="${WIDTH - 16}" height="${height}"`
    return index % 2 === 0 ? [`<rect class="stripe" ${place} rx="4"/>`] : []
  })
  const moment = (words: string, x: number, above = 10) =>
    text(words, x, TOP - above, { class: 'dim small', anchor: 'middle' })
  const { cutWidth } = axis
  const cuts = axis.cuts.map(({ fromMs, toMs }) => {
    const x = axis.x(fromMs)
    const place = `x="${at(x)}" y="${TOP}" width="${at(cutWidth)}" height="${bottom - TOP}"`
    return `<rect class="cut" ${place}/>${moment(durationOf(toMs - fromMs), x + cutWidth / 2, 24)}`
  })
  const ticks = axis.ticks.map((tick) => ({ ...tick, x: axis.x(tick.ms) }))
  return [
    ...stripes,
    ...ticks.map((tick) => `<path class="grid" d="M${at(tick.x)} ${TOP}V${bottom}"/>${moment(tick.text, tick.x)}`),
    ...cuts,
  ]
}

function drawLegend(y: number, command: string): string {
  const words = (told: string, x: number) => text(told, x, y + 4, { class: 'dim small' })
  const signs = [
    `<circle class="knot" cx="28" cy="${y}" r="6"/>${words('an event is published', 42)}`,
    `<path class="way" d="M182 ${y}H204"/>${words('and on its way to a reaction,', 212)}`,
    `<rect class="bar" x="378" y="${y - 6}" width="20" height="12" rx="3"/>${words('which works', 404)}`,
    `<g class="failed">${cross(494, y)}</g>${words('or fails', 508)}`,
    `<path class="way later" d="M568 ${y}H590"/>${words('and is tried again', 598)}`,
    `<rect class="cut" x="716" y="${y - 7}" width="20" height="14"/>${words('a wait, not drawn to scale', 742)}`,
  ]
  return `<g class="none">${signs.join('')}</g>${text(command, 20, y + 28, { class: 'dim small' })}`
}
