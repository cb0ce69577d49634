import { barOf, canvasOf, LANE, LEFT, RIGHT, TOP, WIDTH, type Canvas } from './canvas.ts'
import { wayOf } from './draw-ways.ts'
import { OUTSIDE, type Lane } from './lanes.ts'
import type { Story, StoryEvent } from './story.ts'
import { familyOf } from './theme.ts'
import { durationOf } from './time/duration.ts'

/** The picture of a story as places in pixels, those of `drawStory`, for whoever draws it by other means than an SVG document. */
export function layOut(story: Story) {
  const canvas = canvasOf(story)
  const { axis, lanes, bottom } = canvas
  const families = [...new Set(story.events.map(({ type }) => familyOf(type)))]
  const hue = (type: string) => families.indexOf(familyOf(type))
  return {
    width: WIDTH,
    left: LEFT,
    right: RIGHT,
    top: TOP,
    laneHeight: LANE,
    bottom,
    families,
    ticks: axis.ticks.map(({ ms, text }) => ({ x: axis.x(ms), text })),
    cuts: axis.cuts.map(({ fromMs, toMs }) => ({
      x: axis.x(fromMs),
      width: axis.cutWidth,
      text: durationOf(toMs - fromMs),
    })),
    /** Every moment at which something happened, in order, with its place. */
    moments: momentsOf(lanes).map((ms) => ({ ms, x: axis.x(ms) })),
    lanes: lanes.map((lane) => layOutLane(lane, canvas, hue)),
  }
}

function layOutLane({ reaction, published, deliveries }: Lane, canvas: Canvas, hue: (type: string) => number) {
  const { axis } = canvas
  const y = canvas.y(reaction)
  const from = (event: StoryEvent) => ({ x: axis.x(event.afterMs), y: canvas.y(event.publishedBy ?? OUTSIDE) })
  return {
    reaction,
    y,
    published: published.map((event) => ({
      eventId: event.id,
      type: event.type,
      hue: hue(event.type),
      x: axis.x(event.afterMs),
    })),
    deliveries: deliveries.map((delivery) => ({
      eventId: delivery.event.id,
      type: delivery.event.type,
      hue: hue(delivery.event.type),
      state: delivery.state,
      way: wayOf(from(delivery.event), y, delivery, axis.x),
      work: barOf(delivery, axis),
      marks: delivery.marks.map(({ what, attempt, atMs, error }) => ({ what, attempt, error, x: axis.x(atMs) })),
    })),
  }
}

function momentsOf(lanes: readonly Lane[]): number[] {
  const moments = lanes.flatMap(({ published, deliveries }) => [
    ...published.map(({ afterMs }) => afterMs),
    ...deliveries.flatMap(({ work, marks }) => [...(work ? [work.toMs] : []), ...marks.map(({ atMs }) => atMs)]),
  ])
  return [...new Set(moments)].toSorted((a, b) => a - b)
}
