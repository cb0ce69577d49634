import { lanesOf, momentsOf, type Lane } from './lanes.ts'
import type { Story } from './story.ts'
import { coloursOf } from './theme.ts'
import { timeAxis, type TimeAxis } from './time/time-axis.ts'

export const WIDTH = 1080
/** Where time begins and ends. */
export const RIGHT = WIDTH - 120
export const LEFT = 228
/** Where the first lane begins. */
export const TOP = 92
export const LANE = 34

/** What every part of the picture needs to know of the others. */
export interface Canvas {
  axis: TimeAxis
  lanes: readonly Lane[]
  /** The class of the colour of an event type. */
  hue: (type: string) => string
  /** Pixels from the top to the line of a reaction. */
  y: (reaction: string) => number
  /** Where the last lane ends. */
  bottom: number
}

export function canvasOf(story: Story): Canvas {
  const lanes = lanesOf(story)
  const rows = new Map(lanes.map(({ reaction }, index) => [reaction, TOP + (index + 0.66) * LANE]))
  return {
    axis: timeAxis(momentsOf(lanes), LEFT, RIGHT),
    lanes,
    hue: coloursOf(story.events.map(({ type }) => type)),
    y: (reaction) => rows.get(reaction)!,
    bottom: TOP + lanes.length * LANE,
  }
}
