import { createWakeUp } from '#messaging'
import { openDatabase } from '#platform/database'
import { runProcess } from '#platform/process/shutdown'
import { createApi, createApiKeys, createLimits, createOnce, operationRoutes, serve } from '../../../src/api/index.ts'
import { positions } from '../domains/city/open-positions.ts'
import { cityRoutes } from '../domains/city/routes.ts'
import { driverRoutes } from '../domains/matching/routes.ts'
import { tripRoutes } from '../domains/trip/routes.ts'

/** The simulated city is one client. */
const CITY_PER_SECOND = 100_000

/** The HTTP process of rides: its routes on the same host as the shop's. */
await runProcess('rides api', async ({ config, log, onStop }) => {
  const { db, pool, close } = openDatabase(config.DATABASE_URL, {
    poolSize: config.DATABASE_POOL,
    applicationName: 'rides api',
    answerWithinMs: 5_000,
    planning: 'by-key',
  })
  onStop(close)
  const { wake } = createWakeUp(pool)
  const where = positions()
  onStop(where.close)
  let stopping = false
  const routes = [
    ...operationRoutes({ db, isStopping: () => stopping }),
    ...tripRoutes({ db, wake }),
    ...driverRoutes({ db, positions: where, wake }),
    ...cityRoutes({ db, positions: where }),
  ]
  const limits = createLimits({ perClient: CITY_PER_SECOND, perAddress: config.RATE_PER_ADDRESS })
  const api = createApi({ routes, keys: createApiKeys(db), limits, once: createOnce(db), log })
  const server = await serve(api, config.PORT, config.HOST)
  onStop(() => {
    stopping = true
    return server.stop()
  })
  log.info({ port: server.port }, `listening on http://127.0.0.1:${server.port}, the city at /city`)
})
