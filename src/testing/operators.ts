import { webhookRoutes } from '#domains/webhooks'
import { OrderPlaced } from '#events'
import { createBrokerProbe, defineReaction, DependencyUnavailable, RetryLater, Unrecoverable } from '#messaging'
import { openDatabase } from '#platform/database'
import { createLogger } from '#platform/log/logger'
import { adminRoutes } from '../admin/index.ts'
import { audit } from '../audit/index.ts'
import { createApiKeys, keyRoutes, sessionRoutes } from '../api/index.ts'
import { testApi, type TestApi } from './api.ts'
import { projectionReader } from './project.ts'
import { requireTestService } from './rows/database.ts'
import { testSystem, type TestSystem } from './system.ts'

/** What the mail server of `mailing` does. */
export const mailServer = { state: 'works' as 'works' | 'refuses' | 'is away' | 'is busy' }

const mailing = defineReaction({
  name: 'test.mailing',
  on: OrderPlaced,
  retry: { attempts: 1 },
  async call() {
    if (mailServer.state === 'refuses') throw new Unrecoverable('the mail server refuses everybody')
    if (mailServer.state === 'is away') throw new DependencyUnavailable('mail server: connection refused')
    if (mailServer.state === 'is busy') throw new RetryLater(50, 'other mails are under way')
  },
  handle() {},
})

export interface OperatedSystem {
  system: TestSystem
  api: TestApi
  close(): Promise<void>
}

/** A system with one reaction, `mailing`, and with the operations for operators. For its health Redis is away. */
export async function operatedSystem(consoleFolder?: string): Promise<OperatedSystem> {
  const system = await testSystem([mailing])
  // As in the process of the API: statements of operators are planned by the sizes of tables.
  const { db, close: closeDatabase } = openDatabase(system.url, { planning: 'by-size', poolSize: 4 })
  const rabbitmq = createBrokerProbe(requireTestService('TEST_RABBITMQ_URL'))
  const ending = new AbortController()
  const routes = adminRoutes({
    db,
    projections: projectionReader(system),
    isKnown: (name) => name === mailing.name,
    reactionCalled: async (name) => (name === mailing.name ? mailing : undefined),
    audit: () => audit(db),
    flow: async () => ({ publishers: [], types: [], publishes: [], reacts: [] }),
    services: { rabbitmq: rabbitmq.ask, redis: () => Promise.reject(new Error('nobody listens')) },
    log: createLogger('test', 'silent'),
    ending: ending.signal,
  })
  const keys = [...keyRoutes({ db }), ...sessionRoutes({ db, keys: createApiKeys(db) })]
  const all = [...routes, ...keys, ...webhookRoutes({ db: system.db })]
  const api = await testApi(system, all, consoleFolder === undefined ? {} : { consoleFolder })
  return {
    system,
    api,
    async close() {
      ending.abort()
      await api.close()
      await rabbitmq.close()
      await closeDatabase()
      await system.close()
    },
  }
}
