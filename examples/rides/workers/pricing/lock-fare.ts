import { defineReaction } from '#messaging'
import { positions } from '../../domains/city/open-positions.ts'
import { fareOf, surgeOf } from '../../domains/pricing/fare.ts'
import { demand, lockFare } from '../../domains/pricing/fares.ts'
import { FareLocked, TripRequested } from '../../events/index.ts'

/** Demand and supply are looked at once; what they make of the fare holds for the trip. */
export default defineReaction({
  name: 'pricing.lock-fare',
  on: TripRequested,
  publishes: FareLocked,
  async call({ data: { zone } }, { db }) {
    const [asked, free] = await Promise.all([demand(db), positions().supply()])
    return surgeOf((asked.get(zone) ?? 0) + 1, free.get(zone) ?? 0)
  },
  async handle({ data }, { tx, result: surge }) {
    const { tripId, riderId, zone } = data
    const fare = fareOf(data, surge)
    return (await lockFare(tx, { tripId, zone, fare, surge })) ? FareLocked({ tripId, riderId, fare, surge }) : null
  },
})
