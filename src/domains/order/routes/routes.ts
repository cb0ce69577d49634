import type { Route } from '#http'
import type { WakeUp } from '#messaging'
import type { Database } from '#platform/database'
import type { Placement } from '../place/placement.ts'
import { cancelRoutes } from './cancel-routes.ts'
import { changing } from './changing.ts'
import { placeRoute } from './place-route.ts'
import { readingRoutes } from './reading-routes.ts'
import { returnRoutes } from './return-routes.ts'
import { storyRoutes } from './story-routes.ts'

/** The operations on orders, in the order in which the documents show them. */
export function orderRoutes(needs: WakeUp & { db: Database; placement: Placement }): Route[] {
  const change = changing(needs)
  return [
    placeRoute(needs),
    ...readingRoutes(needs),
    ...storyRoutes(needs),
    ...cancelRoutes(change),
    ...returnRoutes(change),
  ]
}
