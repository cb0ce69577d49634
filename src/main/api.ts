import path from 'node:path'
import {
  createBrokerProbe,
  createNames,
  createProjectionReader,
  createWakeUp,
  findReactions,
  loadProjections,
  loadReactions,
  measureBacklog,
} from '#messaging'
import { createFeed } from '#domains/live'
import { createPlacement } from '#domains/order'
import { expectProvider, keepTokens, measureDeviations, providerRoutes } from '#domains/payment'
import { notBuilt, tooEarly } from '#http'
import { isDevelopmentKey } from '#platform/config'
import { openDatabase } from '#platform/database'
import { runProcess, type ProcessContext } from '#platform/process/shutdown'
import {
  createApi,
  createApiKeys,
  createLimits,
  createOnce,
  openLimitStore,
  refuseDemoKey,
  serve,
} from '../api/index.ts'
import { catalogueOf, flowOf, type Release } from '../catalogue/index.ts'
import { auditAside } from './audit-aside.ts'
import { armFrom, instanceName, WORKERS } from './messaging.ts'
import { serveMetrics } from './metrics.ts'
import { checkWhenReachable } from './reach-database.ts'
import { reportRunning } from './report-running.ts'
import { clientRoutes, operatorRoutes } from './routes.ts'

/** Connections that operators' questions use at most: opened when somebody asks, and closed again when nobody does. */
const OPERATORS_POOL = 4

/** The HTTP process. It needs PostgreSQL alone: events wait in the store while RabbitMQ is away, and without Redis it counts for itself. */
await runProcess('api', async (context) => {
  const { config, log, onStop } = context
  armFrom(config)
  expectProvider(config.PAYMENT_GATEWAY_MODE)
  if (isDevelopmentKey(config))
    log.info(
      'names and addresses are sealed with the key of development, which everybody knows: see PERSONAL_DATA_KEYS',
    )
  const options = {
    poolSize: config.DATABASE_POOL,
    pooler: config.DATABASE_POOLER,
    applicationName: 'fanfare api',
    answerWithinMs: 5_000,
    planning: 'by-key',
  } as const
  const { db, pool, close } = openDatabase(config.DATABASE_URL, options)
  onStop(close)
  await checkWhenReachable(context)
  void reportRunning({ db, instance: instanceName('api'), service: 'api' }, context)
  const { DATABASE_REPLICA_URL: replicaUrl } = config
  const replica = replicaUrl ? openDatabase(replicaUrl, { ...options, pooler: 'none' }) : undefined
  if (replica) onStop(replica.close)
  const projections = createProjectionReader({ db, replica: replica?.db, tooEarly, notBuilt })
  const { wake } = createWakeUp(pool)
  const placement = createPlacement(db, keepTokens)
  onStop(placement.flush)
  measureBacklog(db)
  measureDeviations(db)

  const ending = new AbortController()
  let stopping = false
  const forClients = clientRoutes({
    db,
    placement,
    wake,
    projections,
    feed: createFeed({ db, log, ending: ending.signal }),
    isStopping: () => stopping,
  })
  const routes = [...forClients, ...providerRoutes({ db, wake, log })]
  const names = createNames(config.MESSAGING_NAMESPACE)
  const release = remember(() => loadRelease(routes))
  const isProduction = config.NODE_ENV === 'production'
  if (isProduction) await refuseDemoKey(db)
  const isLive = config.PAYMENT_GATEWAY_MODE === 'live'
  const keys = createApiKeys(db, { refusesDemo: isProduction, isLive })
  const store = openLimitStore(config.REDIS_URL, log)
  onStop(store.close)
  const rabbitmq = createBrokerProbe(config.RABBITMQ_URL)
  onStop(rabbitmq.close)
  const forOperators = operatorRoutes({
    catalogue: { names, loadRelease: release },
    session: { db, keys },
    admin: {
      db: openForOperators(context),
      projections,
      isKnown: knownReactions(),
      flow: async () => flowOf(catalogueOf(await release())),
      reactionCalled: loadNamed,
      audit: () => auditAside(context),
      services: { rabbitmq: rabbitmq.ask, redis: store.ask },
      log,
      ending: ending.signal,
    },
  })
  const rates = { perClient: config.RATE_PER_CLIENT, perAddress: config.RATE_PER_ADDRESS }
  const limits = createLimits(rates, store.redis)
  // What is loaded and planned on first use would cost the first orders their time limit on a busy machine.
  await Promise.allSettled([keys.callerOf('nobody'), placement.warmUp()])
  const server = await serve(
    createApi({
      routes: [...routes, ...forOperators],
      keys,
      limits,
      once: createOnce(db),
      log,
      trustedProxies: config.TRUSTED_PROXIES,
      consoleFolder: path.resolve(config.CONSOLE_FOLDER),
    }),
    config.PORT,
    config.HOST,
  )
  onStop(() => {
    stopping = true
    ending.abort()
    return server.stop()
  })
  await serveMetrics(context)
  log.info({ port: server.port }, `listening on http://${config.HOST}:${server.port}, documented at /docs`)
})

/** What operators ask reads many rows, so each statement is planned for itself; it takes no connection from the orders. */
function openForOperators({ config, onStop }: ProcessContext) {
  const { db, close } = openDatabase(config.DATABASE_URL, {
    poolSize: OPERATORS_POOL,
    pooler: config.DATABASE_POOLER,
    applicationName: 'fanfare operators',
    answerWithinMs: 10_000,
    planning: 'by-size',
  })
  onStop(close)
  return db
}

async function loadNamed(name: string) {
  const file = findReactions(WORKERS).find((one) => one.name === name)
  return file && (await loadReactions([file]))[0]
}

function knownReactions() {
  const names = new Set(findReactions(WORKERS).map(({ name }) => name))
  return (name: string) => names.has(name)
}

function remember<Answer>(load: () => Promise<Answer>): () => Promise<Answer> {
  let loading: Promise<Answer> | undefined
  return () => (loading ??= load())
}

/** What only the catalogue of events wants to know of this release: loaded when it is asked for. */
async function loadRelease(routes: Release['routes']): Promise<Release> {
  const { schedules } = await import('../jobs/index.ts')
  const neverRun = {} as never
  const files = findReactions(WORKERS)
  const [reactions, projections] = [await loadReactions(files), await loadProjections(files)]
  return { reactions, projections, routes, jobs: schedules(neverRun) }
}
