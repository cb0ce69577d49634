import { defineReaction } from '#messaging'
import { closeDispatches } from '../../domains/matching/dispatch-store.ts'
import { TripCancelled, TripCompleted, TripExpired, TripRejected } from '../../events/index.ts'

/** The trip is over, so its driver is free. A search that has not begun yet never will. */
export default defineReaction({
  name: 'matching.release-driver',
  on: [TripCompleted, TripCancelled, TripExpired, TripRejected],
  async handleBatch(events, { tx }) {
    const trips = new Set(events.map(({ data: { tripId } }) => tripId))
    await closeDispatches(tx, [...trips])
    return events.map(() => null)
  },
})
