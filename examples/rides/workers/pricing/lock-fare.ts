import { defineReaction } from '#messaging'
import { positions } from '../../domains/city/open-positions.ts'
import { fareOf, surgeOf } from '../../domains/pricing/fare.ts'
import { lockFares } from '../../domains/pricing/fares.ts'
import { lookAtMarket } from '../../domains/pricing/market.ts'
import { FareLocked, TripRequested } from '../../events/index.ts'

/** Demand and supply are looked at once; what they make of the fare holds for the trip. */
export default defineReaction({
  name: 'pricing.lock-fare',
  on: TripRequested,
  publishes: FareLocked,
  async call({ data: { zone } }, { db }) {
    const { demand, supply } = await lookAtMarket(db, positions())
    return surgeOf((demand.get(zone) ?? 0) + 1, supply.get(zone) ?? 0)
  },
  async handleBatch(events, { tx, results }) {
    const fares = events.map(({ data }, nth) => {
      const { tripId, riderId, zone } = data
      return { tripId, riderId, zone, surge: results[nth]!, fare: fareOf(data, results[nth]!) }
    })
    const locked = await lockFares(tx, fares)
    return fares.map(({ zone: _zone, ...fare }) => (locked.has(fare.tripId) ? FareLocked(fare) : null))
  },
})
