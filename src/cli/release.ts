import { catalogRoutes } from '#domains/catalog'
import { stockRoutes } from '#domains/inventory'
import { orderRoutes } from '#domains/order'
import { providerRoutes, refundRoutes } from '#domains/payment'
import { shippingRoutes } from '#domains/shipping'
import { findReactions, loadProjections, loadReactions } from '#messaging'
import type { Release } from '../catalogue/index.ts'
import { WORKERS } from './host.ts'

/** They are looked at here, and never run. */
const NOT_RUN = {} as never

/** Everything in this release that publishes events or reacts to them. */
export async function thisRelease(): Promise<Release> {
  const { schedules } = await import('../jobs/index.ts') // and with it BullMQ, which no other command needs
  const files = findReactions(WORKERS)
  return {
    reactions: await loadReactions(files),
    projections: await loadProjections(files),
    routes: [
      ...catalogRoutes(NOT_RUN),
      ...stockRoutes(NOT_RUN),
      ...orderRoutes(NOT_RUN),
      ...refundRoutes(NOT_RUN),
      ...providerRoutes(NOT_RUN),
      ...shippingRoutes(NOT_RUN),
    ],
    jobs: schedules(NOT_RUN),
  }
}
