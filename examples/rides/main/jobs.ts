import type { Database } from '#platform/database'
import { expireTrips } from '../domains/trip/expire-trips.ts'
import { settings } from '../domains/matching/settings.ts'
import { timeOutOffers } from '../domains/matching/time-out-offers.ts'
import { OfferTimedOut, TripExpired } from '../events/index.ts'

interface Needs {
  db: Database
  wake: () => void
}

const AT_ONCE = 200

/** What time calls for in rides. */
export function rideJobs({ db, wake }: Needs) {
  const job = (name: string, publishes: { type: string }, step: () => Promise<number>) => ({
    name,
    publishes: [publishes],
    everyMs: 1_000,
    async run() {
      const done = await step()
      if (done > 0) wake()
      return undefined
    },
  })
  return [
    job('matching.time-out-offers', OfferTimedOut, () => timeOutOffers(db, AT_ONCE)),
    job('trip.expire-trips', TripExpired, () =>
      expireTrips(db, { olderThanMs: settings().RIDES_EXPIRE_MS, limit: AT_ONCE }),
    ),
  ]
}
