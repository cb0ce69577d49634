import type { LiveMessage } from '#http'
import type { Feed, FeedEvent, Listener, Wanted } from './feed.ts'

/** Positions that one read of the past looks at. */
const SPAN = 1_000

/**
 * First what was published since a position, then what comes, until the listener leaves or is too slow: then it ends, and who connects
 * again goes on behind the last message.
 */
export async function* follow(
  feed: Feed,
  { wanted, listener, after }: { wanted: Wanted; listener: Listener; after: bigint },
  closed: AbortSignal,
): AsyncGenerator<LiveMessage> {
  const over = AbortSignal.any([closed, feed.ending])
  over.addEventListener('abort', listener.leave, { once: true })
  try {
    yield { id: String(after) } // whoever loses it before the first message goes on from here
    for (let position = after; position < listener.from && !over.aborted;) {
      const read = await feed.read(wanted, position, SPAN)
      yield* read.events.filter((event) => event.position <= listener.from).map(toMessage)
      if (read.position === position) break
      position = read.position
    }
    while (!over.aborted) {
      await listener.news()
      const events = listener.take()
      if (!events) return
      yield* events.filter(({ position }) => position > after).map(toMessage)
    }
  } finally {
    listener.leave()
  }
}

const toMessage = ({ position, type, json }: FeedEvent): LiveMessage => ({ id: String(position), event: type, json })
