import type { WakeUp } from '#messaging'
import type { Route } from '#http'
import type { Database } from '#platform/database'
import { bookingRoutes } from './booking-routes.ts'
import { bulkRoutes } from './bulk-routes.ts'
import { lookingRoutes } from './looking-routes.ts'

/** What comes into the store, and what a count finds: each a fact with an event, booked once for its id. */
export const stockRoutes = (needs: { db: Database } & WakeUp): Route[] => [
  ...bookingRoutes(needs),
  ...bulkRoutes(needs),
  ...lookingRoutes(needs.db),
]
