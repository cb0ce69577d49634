import type { Bar } from './labels/place-durations.ts'
import { placeLabels, ROW, type LaneLabels } from './labels/place-labels.ts'
import { tellMarks, worthTelling } from './labels/tell-marks.ts'
import { lanesOf, momentsOf, type Delivery, type Lane } from './lanes.ts'
import type { Story } from './story.ts'
import { coloursOf } from './theme.ts'
import { durationOf } from './time/duration.ts'
import { timeAxis, type TimeAxis } from './time/time-axis.ts'

export const WIDTH = 1080
/** Where time begins and ends. */
export const RIGHT = WIDTH - 120
export const LEFT = 228
/** Where texts of lanes may stand. */
const TEXTS = { from: LEFT, to: WIDTH - 16 }
/** Where the first lane begins. */
export const TOP = 92
/** Of a lane with one row of names. */
export const LANE = 34
/** Of that, above its line. */
const ABOVE = LANE * 0.66

/** Where a lane stands, and its texts. */
export interface PlacedLane extends Lane {
  top: number
  height: number
  /** Of its line. */
  y: number
  labels: LaneLabels
}

/** What every part of the picture needs to know of the others. */
export interface Canvas {
  axis: TimeAxis
  lanes: readonly PlacedLane[]
  /** The class of the colour of an event type. */
  hue: (type: string) => string
  /** Pixels from the top to the line of a reaction. */
  y: (reaction: string) => number
  /** Where the last lane ends. */
  bottom: number
}

export function canvasOf(story: Story): Canvas {
  const bare = lanesOf(story)
  const axis = timeAxis(momentsOf(bare), LEFT, RIGHT)
  const lanes = stacked(bare, axis)
  const lines = new Map(lanes.map(({ reaction, y }) => [reaction, y]))
  const last = lanes.at(-1)!
  return {
    axis,
    lanes,
    hue: coloursOf(story.events.map(({ type }) => type)),
    y: (reaction) => lines.get(reaction)!,
    bottom: last.top + last.height,
  }
}

/** A lane beneath the other, each as high as its texts need. */
function stacked(lanes: readonly Lane[], axis: TimeAxis): PlacedLane[] {
  let top = TOP
  return lanes.map((lane) => {
    const labels = placeLabels(textsOf(lane, axis), TEXTS)
    const more = (labels.rows - 1) * ROW
    const placed = { ...lane, labels, top, height: LANE + more, y: top + more + ABOVE }
    top += placed.height
    return placed
  })
}

/** Of a piece of work, which may be shorter than can be seen: its bar, and how long it lasted. */
export function barOf({ work }: Delivery, { x }: TimeAxis): Bar | null {
  if (!work) return null
  const from = x(work.fromMs)
  return { x: from, width: Math.max(4.5, x(work.toMs) - from), text: durationOf(work.toMs - work.fromMs) }
}

function textsOf({ published, deliveries }: Lane, { x }: TimeAxis) {
  const telling = worthTelling(deliveries)
  return {
    events: published.map(({ type, afterMs }) => ({ type, x: x(afterMs) })),
    told: telling && { words: tellMarks(telling.marks), x: x(telling.marks[0]!.atMs) },
  }
}
