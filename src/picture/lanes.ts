import type { Story, StoryEvent, StoryReaction } from './story.ts'

/** One reaction and everything it did. */
export interface Lane {
  reaction: string
  /** What it published. */
  published: readonly StoryEvent[]
  deliveries: readonly Delivery[]
}

/** An event and what became of it at one reaction. */
export interface Delivery {
  event: StoryEvent
  state: string
  /** When its work began and ended; undefined when it is not handled. */
  work: { fromMs: number; toMs: number } | undefined
  /** Failed attempts and repairs. */
  marks: readonly Mark[]
}

export interface Mark {
  what: string
  attempt: number
  atMs: number
  error: string | null
}

/** The lane of what no reaction has published: requests and schedules. */
export const OUTSIDE = ''

/** One lane for each reaction, in the order in which they had something to do; first the outside world. */
export function lanesOf({ events }: Pick<Story, 'events'>): Lane[] {
  const names = [...new Set([OUTSIDE, ...firstMoments(events).map(([name]) => name)])]
  return names.map((reaction) => ({
    reaction,
    published: events
      .filter(({ publishedBy }) => (publishedBy ?? OUTSIDE) === reaction)
      .toSorted((a, b) => a.afterMs - b.afterMs),
    deliveries: events.flatMap((event) =>
      event.reactions.flatMap((one) => (one.reaction === reaction ? [toDelivery(event, one)] : [])),
    ),
  }))
}

function firstMoments(events: readonly StoryEvent[]) {
  const moments = events.flatMap((event) =>
    event.reactions.map((one) => [one.reaction, firstMoment(toDelivery(event, one))] as const),
  )
  return moments.toSorted(([a, atMs], [b, otherMs]) => atMs - otherMs || a.localeCompare(b))
}

const firstMoment = ({ event, work, marks }: Delivery) =>
  Math.min(...marks.map(({ atMs }) => atMs), work?.fromMs ?? (marks.length > 0 ? Infinity : event.afterMs))

function toDelivery(event: StoryEvent, { state, afterMs, durationMs, history }: StoryReaction): Delivery {
  const fromMs = Math.max(event.afterMs, (afterMs ?? 0) - (durationMs ?? 0))
  return {
    event,
    state,
    work: afterMs === null ? undefined : { fromMs: Math.min(fromMs, afterMs), toMs: afterMs },
    marks: history.map(({ afterMs: atMs, ...mark }) => ({ ...mark, atMs })),
  }
}

/** Every moment that is drawn. */
export function momentsOf(lanes: readonly Lane[]): number[] {
  return lanes.flatMap(({ published, deliveries }) => [
    ...published.map(({ afterMs }) => afterMs),
    ...deliveries.flatMap(({ work, marks }) => [
      ...(work ? [work.fromMs, work.toMs] : []),
      ...marks.map(({ atMs }) => atMs),
    ]),
  ])
}
