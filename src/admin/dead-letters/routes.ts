import type { Route } from '#http'
import type { AdminNeeds } from '../needs.ts'
import { actionRoutes } from './action-routes.ts'
import { browsingRoutes } from './browsing-routes.ts'
import { editRoutes } from './edit-routes.ts'
import { recoveryRoutes } from './recovery-routes.ts'
import { repairRoutes } from './repair-routes.ts'

/** What reactions gave up on: look at it, repair it, and what was repaired by whom. */
export const deadLetterRoutes = (needs: AdminNeeds): Route[] => [
  ...browsingRoutes(needs),
  ...repairRoutes(needs),
  ...editRoutes(needs),
  ...recoveryRoutes(needs),
  ...actionRoutes(needs),
]
