import request from 'supertest'
import { catalogRoutes, upsertProducts, type Product } from '#domains/catalog'
import { stockRoutes } from '#domains/inventory'
import { createPlacement, orderRoutes } from '#domains/order'
import { keepTokens, refundRoutes } from '#domains/payment'
import { NO_RATES, quoteRoutes, type Rates } from '#domains/pricing'
import { createWakeUp } from '#messaging'
import { createLogger } from '#platform/log/logger'
import type { Route } from '#http'
import { createApi, createApiKeys, createLimits, createOnce, operationRoutes, plantKey, serve } from '../api/index.ts'
import type { TestDatabase } from './rows/database.ts'

export interface TestApi {
  /** A supertest agent on the running server, without a key. */
  http: ReturnType<typeof request>
  /** Sends an order, or anything in its place, with the key of the first client. */
  place(order: unknown, headers?: Record<string, string>): request.Test
  get(path: string): request.Test
  post(path: string, body?: object): request.Test
  /** A valid key. */
  key: string
  url: string
  close(): Promise<void>
}

export const MUG: Product = { sku: 'MUG-01', name: 'Enamel mug', price: 1_250, currency: 'GBP' }
export const TEA: Product = { sku: 'TEA-01', name: 'Breakfast tea', price: 695, currency: 'GBP' }

/** A request that is accepted as it is. */
export const anOrder = (given: object = {}) => ({
  customer: { name: 'Ada Lovelace', email: 'ada@example.com' },
  shippingAddress: { line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' },
  lines: [{ sku: MUG.sku, quantity: 2 }],
  payment: { token: 'pm_card_visa' },
  ...given,
})

interface Given {
  /** Whose the key is. */
  client?: string
  /** The products are there already, and no key is wanted. */
  prepared?: boolean
  perClient?: number
  perAddress?: number
  /** @default none */
  rates?: Rates
  /** Of the built console. */
  consoleFolder?: string
  /** The given routes alone, and none that every shop has. */
  only?: boolean
  /** As where PAYMENT_GATEWAY_MODE is live. */
  isLive?: boolean
}

/** The whole HTTP API in this process, on a private database with two products. */
export async function testApi(
  { db, pool }: TestDatabase,
  more: readonly Route[] = [],
  {
    client = 'test',
    prepared = false,
    rates = NO_RATES,
    consoleFolder,
    only = false,
    isLive = false,
    ...limited
  }: Given = {},
): Promise<TestApi> {
  if (!prepared) await upsertProducts(db, [MUG, TEA])
  const key = prepared ? '' : await plantKey(db, client)
  const placement = createPlacement(db, keepTokens, rates)
  const { wake } = createWakeUp(pool)
  const usual = () => [
    ...operationRoutes({ db, isStopping: () => false }),
    ...orderRoutes({ db, placement, wake }),
    ...quoteRoutes({ db, rates }),
    ...refundRoutes({ db, wake }),
    ...catalogRoutes({ db, wake }),
    ...stockRoutes({ db, wake }),
  ]
  const routes = [...(only ? [] : usual()), ...more]
  const limits = createLimits({ perClient: 100_000, perAddress: 100_000, ...limited })
  const app = createApi({
    routes,
    keys: createApiKeys(db, { isLive }),
    limits,
    once: createOnce(db),
    log: createLogger('test', 'error'),
    ...(consoleFolder !== undefined && { consoleFolder }),
  })
  const server = await serve(app, 0)
  const url = `http://127.0.0.1:${server.port}`
  const http = request(url)
  const authorization = `Bearer ${key}`
  return {
    http,
    key,
    url,
    place: (order, headers = {}) =>
      http
        .post('/v1/orders')
        .set({ authorization, ...headers })
        .send(order as object),
    get: (path) => http.get(path).set({ authorization }),
    post: (path, body) => http.post(path).set({ authorization }).send(body),
    async close() {
      await server.stop()
      await placement.flush()
    },
  }
}
