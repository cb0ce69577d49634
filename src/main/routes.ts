import { analyticsRoutes } from '#domains/analytics'
import { catalogRoutes } from '#domains/catalog'
import { stockRoutes } from '#domains/inventory'
import { eventRoutes } from '#domains/live'
import { lookupRoutes } from '#domains/lookup'
import { orderRoutes } from '#domains/order'
import { refundRoutes } from '#domains/payment'
import { quoteRoutes } from '#domains/pricing'
import { shippingRoutes } from '#domains/shipping'
import { webhookRoutes } from '#domains/webhooks'
import type { Route } from '#http'
import { adminRoutes } from '../admin/index.ts'
import { keyRoutes, operationRoutes, sessionRoutes } from '../api/index.ts'
import { catalogueRoutes } from '../catalogue/index.ts'

type NeedsOf<Routes extends (needs: never) => unknown> = Parameters<Routes>[0]

/** Each room takes of it what it needs. */
export type ClientNeeds = NeedsOf<typeof operationRoutes> &
  NeedsOf<typeof orderRoutes> &
  NeedsOf<typeof quoteRoutes> &
  NeedsOf<typeof eventRoutes> &
  NeedsOf<typeof analyticsRoutes>

/** The operations for clients, carriers and monitoring. */
export const clientRoutes = (needs: ClientNeeds): Route[] => [
  ...operationRoutes(needs),
  ...orderRoutes(needs),
  ...quoteRoutes(needs),
  ...refundRoutes(needs),
  ...catalogRoutes(needs),
  ...stockRoutes(needs),
  ...shippingRoutes(needs),
  ...analyticsRoutes(needs),
  ...lookupRoutes(needs),
  ...keyRoutes(needs),
  ...webhookRoutes(needs),
  ...eventRoutes(needs),
]

export interface OperatorNeeds {
  catalogue: NeedsOf<typeof catalogueRoutes>
  session: NeedsOf<typeof sessionRoutes>
  admin: NeedsOf<typeof adminRoutes>
}

/** The catalogue of events, sign-in, and what operators ask and do. */
export const operatorRoutes = ({ catalogue, session, admin }: OperatorNeeds): Route[] => [
  ...catalogueRoutes(catalogue),
  ...sessionRoutes(session),
  ...adminRoutes(admin),
]

const NEVER_ASKED = {} as never

/** Every operation, to be documented and never to be asked. */
export const documentedRoutes = (): Route[] => [
  ...clientRoutes(NEVER_ASKED),
  ...operatorRoutes({ catalogue: NEVER_ASKED, session: NEVER_ASKED, admin: NEVER_ASKED }),
]
