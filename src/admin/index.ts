import type { Route } from '#http'
import { deadLetterRoutes } from './dead-letters/routes.ts'
import type { AdminNeeds } from './needs.ts'
import { invariantRoutes } from './invariant-routes.ts'
import { lookingRoutes } from './overview/looking-routes.ts'
import { metricsRoutes } from './overview/metrics-routes.ts'
import { runRoutes } from './overview/run-routes.ts'
import { orderPageRoutes } from './orders/order-routes.ts'
import { pauseRoutes } from './reactions/pause-routes.ts'
import { replayRoutes } from './reactions/replay-routes.ts'

export type { AdminNeeds } from './needs.ts'

/** The operations for operators. What the console shows and does is here, for scripts too. */
export const adminRoutes = (needs: AdminNeeds): Route[] => [
  ...lookingRoutes(needs),
  ...runRoutes(needs),
  ...metricsRoutes(needs),
  ...orderPageRoutes(needs),
  ...deadLetterRoutes(needs),
  ...replayRoutes(needs),
  ...pauseRoutes(needs),
  ...invariantRoutes(needs),
]
