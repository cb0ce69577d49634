// The whole shop in this process, with what the examples of the API need: orders in each state, parcels, dead letters, endpoints.
import { receiveStock } from '#domains/inventory'
import { createFeed } from '#domains/live'
import { createPlacement } from '#domains/order'
import { closeMailer } from '#domains/notification'
import { keepTokens } from '#domains/payment'
import { SHOP_RATES } from '#domains/pricing'
import type { Route } from '#http'
import { createNames, createWakeUp, findReactions, loadProjections, loadReactions, type Reaction } from '#messaging'
import { createLogger } from '#platform/log/logger'
import { project, projectionReader, requireTestService, testMailServer, testSystem, type TestSystem } from '#testing'
import { startGateway } from '../../sandbox/payment-gateway/server.ts'
import { createApiKeys } from '../../src/api/index.ts'
import { audit } from '../../src/audit/index.ts'
import { catalogueOf, flowOf } from '../../src/catalogue/index.ts'
import { thisRelease } from '../../src/cli/release.ts'
import { clientRoutes, operatorRoutes } from '../../src/main/routes.ts'
import { MUG, TEA, testApi, type TestApi } from '../../src/testing/api.ts'

export interface Shop {
  system: TestSystem
  api: TestApi
  routes: readonly Route[]
  /** Ends all reactions, and brings the read models to what has happened. */
  rest(): Promise<void>
  close(): Promise<void>
}

/** Whoever has this address gets no mail: the letter becomes a dead one. */
export const UNKNOWN_MAILBOX = 'nobody@example.com'

export async function openShop(): Promise<Shop> {
  const gateway = await startGateway({ port: 0 })
  const mail = await testMailServer({ onRcptTo: ({ address }, _session, done) => done(refusalFor(address)) })
  Object.assign(process.env, {
    DATABASE_URL: requireTestService('TEST_DATABASE_URL'),
    RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
    REDIS_URL: requireTestService('TEST_REDIS_URL'),
    SMTP_URL: mail.url,
    PAYMENT_GATEWAY_URL: gateway.url,
  })
  const reactions = await loadReactions(findReactions('workers'))
  const system = await testSystem(reactions)
  const ending = new AbortController()
  const routes = routesOn(system, reactions, ending.signal)
  const api = await testApi(system, routes, { client: 'web-shop', only: true })
  await receiveStock(
    system.db,
    [MUG, TEA].map(({ sku }) => ({ sku, quantity: 500 })),
  )
  return {
    system,
    api,
    routes,
    async rest() {
      await system.settled()
      await system.stopReactions()
      await project(system, ...(await loadProjections(findReactions('workers'))))
    },
    async close() {
      ending.abort()
      await api.close()
      await system.close()
      closeMailer()
      await gateway.close()
      await mail.close()
    },
  }
}

const refusalFor = (address: string) =>
  address === UNKNOWN_MAILBOX ? Object.assign(new Error('no such mailbox'), { responseCode: 550 }) : null

function routesOn(system: TestSystem, reactions: readonly Reaction[], ending: AbortSignal): Route[] {
  const { db } = system
  const log = createLogger('test', 'silent')
  const shared = { db, projections: projectionReader(system), ...createWakeUp(system.pool) }
  const placement = createPlacement(db, keepTokens, SHOP_RATES)
  const feed = createFeed({ db, log, ending })
  return [
    ...clientRoutes({ ...shared, placement, feed, isStopping: () => false }),
    ...operatorRoutes({
      catalogue: { names: createNames(''), loadRelease: thisRelease },
      session: { db, keys: createApiKeys(db) },
      admin: {
        ...shared,
        isKnown: (name) => reactions.some((one) => one.name === name),
        flow: async () => flowOf(catalogueOf(await thisRelease())),
        reactionCalled: async (name) => reactions.find((one) => one.name === name),
        audit: () => audit(db),
        services: { rabbitmq: async () => 'RabbitMQ 4.1.0', redis: async () => 'Redis 7.4.0' },
        log,
        ending,
      },
    }),
  ]
}
