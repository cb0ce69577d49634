import type { LiveMessage } from '#http'
import type { Place } from '#messaging'
import type { Feed, FeedEvent, Listener, Wanted } from './feed.ts'
import { toMessageId } from './message-id.ts'

/** Positions that one read of the past looks at. */
const SPAN = 1_000

/**
 * First what was published since a place, then what comes, until the listener leaves or is too slow: then it ends, and who connects
 * again goes on behind the last message.
 */
export async function* follow(
  feed: Feed,
  { wanted, listener, after }: { wanted: Wanted; listener: Listener; after: Place },
  closed: AbortSignal,
): AsyncGenerator<LiveMessage> {
  const over = AbortSignal.any([closed, feed.ending])
  over.addEventListener('abort', listener.leave, { once: true })
  try {
    yield { id: toMessageId(after) } // whoever loses it before the first message goes on from here
    const isUntil = ({ place }: FeedEvent) => place.position <= listener.from.position
    for (let place = after; place.position < listener.from.position && !over.aborted;) {
      const read = await feed.read(wanted, place, SPAN)
      yield* read.events.filter(isUntil).map(toMessage)
      if (read.place.position === place.position) break
      place = read.place
    }
    let isAhead = after.position > listener.from.position
    while (!over.aborted) {
      await listener.news()
      const events = listener.take()?.filter(({ place }) => place.position > after.position)
      if (!events) return
      // The feed had not come so far, and may since have come to another history.
      if (isAhead && events.length > 0) await feed.check(after)
      isAhead &&= events.length === 0
      yield* events.map(toMessage)
    }
  } finally {
    listener.leave()
  }
}

const toMessage = ({ place, type, json }: FeedEvent): LiveMessage => ({ id: toMessageId(place), event: type, json })
