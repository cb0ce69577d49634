import { defineReaction } from '#messaging'
import { advance } from '../../domains/trip/decide.ts'
import { decideTrips } from '../../domains/trip/decide-trips.ts'
import {
  FareCharged,
  FareDeclined,
  FareLocked,
  OfferAccepted,
  RiderCleared,
  RiderFlagged,
  TripConfirmed,
  TripRejected,
} from '../../events/index.ts'

/** Takes every answer to its trip and publishes what follows. */
export default defineReaction({
  name: 'trip.advance-trip',
  on: [FareLocked, RiderCleared, RiderFlagged, OfferAccepted, FareCharged, FareDeclined],
  publishes: [TripConfirmed, TripRejected],
  async handleBatch(answers, { tx }) {
    const ids = answers.map(({ data: { tripId } }) => tripId)
    const decided = await decideTrips(tx, [...new Set(ids)], advance)
    return ids.map((id, nth) => (ids.indexOf(id) === nth ? (decided.get(id) ?? null) : null))
  },
})
