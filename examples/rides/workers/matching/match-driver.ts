import { defineReaction, RetryLater } from '#messaging'
import type { Transaction } from '#platform/database'
import { positions } from '../../domains/city/open-positions.ts'
import { candidatesFor, type Candidate } from '../../domains/matching/candidates.ts'
import type { Dispatch } from '../../domains/matching/dispatch.ts'
import { lockDispatches, offer, openDispatches } from '../../domains/matching/dispatch-store.ts'
import { settings } from '../../domains/matching/settings.ts'
import { OfferDeclined, OfferMade, OfferTimedOut, TripRequested } from '../../events/index.ts'

const AGAIN_MS = 1_000
const nobody = () => new RetryLater(AGAIN_MS, 'No driver is free near the pickup')

/**
 * Asks the nearest free driver. It needs no order: whatever event leads here, the row of the search says what is to be done.
 * While nobody is free the event waits as a delivery that is due again, until a driver is free or the trip is over.
 */
export default defineReaction({
  name: 'matching.match-driver',
  on: [TripRequested, OfferDeclined, OfferTimedOut],
  publishes: OfferMade,
  async call({ data }, { db }) {
    const found = await candidatesFor(db, positions(), data)
    if (found?.length === 0) throw nobody()
    return found ?? []
  },
  async handleBatch(events, { tx, results }) {
    const asked = events.flatMap(({ data }) => ('pickup' in data ? [{ tripId: data.tripId, pickup: data.pickup }] : []))
    await openDispatches(tx, asked)
    const searches = await lockDispatches(
      tx,
      events.map(({ data: { tripId } }) => tripId),
    )
    const offers: (ReturnType<typeof OfferMade> | null)[] = []
    for (const [nth, { data }] of events.entries()) {
      const search = searches.get(data.tripId)!
      searches.set(data.tripId, { ...search, state: 'offered' }) // an event of the same trip in this batch asks nobody else
      offers.push(search.state === 'searching' ? await ask(tx, search, results[nth]!) : null)
    }
    return offers
  },
})

/** @throws RetryLater when other trips were faster with all of them */
async function ask(tx: Transaction, { tripId, attempt }: Dispatch, candidates: readonly Candidate[]) {
  const offered = await offer(tx, { tripId, candidates, answerWithinMs: settings().RIDES_ANSWER_MS })
  if (!offered) throw nobody()
  return OfferMade({ tripId, attempt: attempt + 1, ...offered })
}
