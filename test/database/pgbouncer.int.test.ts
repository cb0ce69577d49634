// The whole system through a real PgBouncer in transaction mode, and what it says when it is set up wrongly.
import { listProjections } from '#messaging'
import { clientFor, openDatabase, type Pooler } from '#platform/database'
import { readConfig } from '#platform/config'
import { poolingOf } from '../../src/platform/database/pooling.ts'
import { checkDatabase } from '../../src/platform/database/start-check.ts'
import { deadline, testDatabase, type TestDatabase } from '#testing'
import { anOrder, trialSystem } from '../chaos/world/trial-system.ts'
import { pgbouncerVersion, startPgBouncer, type PgBouncer } from './pgbouncer.ts'

const ORDERS = 60
const version = pgbouncerVersion()
const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
/** From 1.21 on it can carry prepared statements; where it is told to. */
const canPrepare = major > 1 || minor >= 21

const suite = version ? describe : describe.skip
suite(`PgBouncer ${version ?? '(skipped: not installed; apt-get install pgbouncer)'}`, () => {
  let bouncer: PgBouncer
  let database: TestDatabase
  const server = () => database.url
  beforeAll(async () => {
    database = await testDatabase()
    bouncer = await startPgBouncer(server(), canPrepare ? { max_prepared_statements: 0 } : {})
  })
  afterAll(async () => {
    await bouncer.stop()
    await database.close()
  })

  const config = (given: Record<string, string>) =>
    readConfig({ RABBITMQ_URL: 'amqp://unused', REDIS_URL: 'redis://unused', ...given })

  it('is told apart from PostgreSQL itself, and from a pooler in session mode', async () => {
    const inSessions = await startPgBouncer(server(), { pool_mode: 'session' })
    expect(await poolingOf(clientFor(server()))).toBe('none')
    expect(await poolingOf(clientFor(bouncer.through(server())))).toBe('transaction')
    expect(await poolingOf(clientFor(inSessions.through(server())))).toBe('none')
    await inSessions.stop()
  })

  it('that nobody has spoken of is told at the start, in one sentence that says what to set', async () => {
    const check = checkDatabase(config({ DATABASE_URL: bouncer.through(server()) }))
    await expect(check).rejects.toThrow(/set DATABASE_POOLER=transaction, and DATABASE_DIRECT_URL to PostgreSQL itself/)
  })

  it('that carries no prepared statements is told at the start, when it should', async () => {
    const urls = { DATABASE_URL: bouncer.through(server()), DATABASE_DIRECT_URL: server() }
    const check = checkDatabase(config({ ...urls, DATABASE_POOLER: 'transaction-prepared' }))
    await expect(check).rejects.toThrow(/carries no prepared statements: set DATABASE_POOLER=transaction, or/)
  })

  it('is no direct way to PostgreSQL', async () => {
    const through = { DATABASE_URL: bouncer.through(server()), DATABASE_POOLER: 'transaction' }
    expect(() => config(through)).toThrow(/set DATABASE_DIRECT_URL to PostgreSQL itself/)
    const check = checkDatabase(config({ ...through, DATABASE_DIRECT_URL: bouncer.through(server()) }))
    await expect(check).rejects.toThrow(/DATABASE_DIRECT_URL leads through a pooler/)
  })

  it('gets no settings that would reach other clients, and moments are right all the same', async () => {
    const { db, close } = openDatabase(bouncer.through(database.url), { pooler: 'transaction', planning: 'by-key' })
    const stranger = new (clientFor(bouncer.through(database.url)))()
    await stranger.connect()
    await stranger.query(`SET TimeZone = 'Asia/Tokyo'`)
    const now = new Date()
    for (let turn = 0; turn < 20; turn++) {
      const [row] = await db.$queryRaw<[{ ms: number }]>`
        SELECT extract(epoch FROM ${now}::timestamptz)::float8 * 1000 AS ms`
      expect(Math.round(row.ms)).toBe(now.getTime())
      const { rows } = await stranger.query(
        `SELECT current_setting('TimeZone') AS zone, current_setting('enable_seqscan') AS seqscan, current_setting('jit') AS jit`,
      )
      expect(rows).toEqual([{ zone: 'Asia/Tokyo', seqscan: 'on', jit: 'on' }])
    }
    await stranger.end()
    await close()
  })

  it('carries the whole system: API, relay and workers', () => takeOrders(bouncer, 'transaction'), 180_000)

  const prepared = canPrepare ? it : it.skip
  prepared(
    'carries prepared statements, from 1.21 on',
    async () => {
      const preparing = await startPgBouncer(server(), { max_prepared_statements: 500 })
      expect(await poolingOf(clientFor(preparing.through(server())))).toBe('transaction-prepared')
      await takeOrders(preparing, 'transaction-prepared')
      await preparing.stop()
    },
    180_000,
  )

  async function takeOrders(pooler: PgBouncer, kind: Pooler) {
    const system = await trialSystem()
    const env = { DATABASE_URL: pooler.through(system.url), DATABASE_DIRECT_URL: system.url, DATABASE_POOLER: kind }
    await Promise.all([system.start('api', { env }), system.start('relay', { env })])
    await system.start('worker', { env })
    const isTaken = async (n: number) =>
      (await system.post(anOrder(`ada-${n}@example.com`), `order-${n}`)).status === 202
    await Promise.all(Array.from({ length: ORDERS }, (_, n) => deadline(`order ${n} is taken`, () => isTaken(n))))
    await system.settled()
    expect(await system.db.order.groupBy({ by: ['status'], _count: true })).toEqual([
      { status: 'shipped', _count: ORDERS },
    ])
    await deadline('the projections are current', async () =>
      (await listProjections(system.db)).every(({ behind }) => behind === 0n),
    )
    expect(await system.db.$queryRaw`SELECT confirmed FROM projection_analytics_sales.by_country`).toEqual([
      { confirmed: ORDERS },
    ])
    await system.close()
  }
})
