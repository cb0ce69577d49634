// Whatever happens all day long must cost the same however much history there is: on a database that is full already,
// orders go their whole way, stories are told and the clock's jobs run, and no table that grows is read from end to end.
import { upsertProducts } from '#domains/catalog'
import { receiveStock } from '#domains/inventory'
import { schedules } from '#jobs'
import {
  createNames,
  createRabbitMq,
  findReactions,
  findRecoveries,
  loadReactions,
  openedEvents,
  measureBacklog,
  reconcile,
  type Reaction,
} from '#messaging'
import { createLogger } from '#platform/log/logger'
import { openDatabase, type OpenDatabase } from '#platform/database'
import { register } from '#platform/metrics'
import { deadline, react, requireTestService, testDatabase, testMailServer, type TestDatabase } from '#testing'
import { storeHistory } from '../bench/load/history.ts'
import { startGateway } from '../sandbox/payment-gateway/server.ts'
import { claimDue } from '../src/messaging/deliveries/claim.ts'
import { dueWithin } from '../src/messaging/deliveries/due.ts'
import type { StoredRow } from '../src/messaging/event-store/reading/stored-rows.ts'
import { readEvents } from '../src/messaging/relay/reading/read-events.ts'
import { anOrder, MUG, testApi } from '../src/testing/api.ts'

const EVENTS = 50_000
const ORDERS = 20
/** One order is nine events and 21 reactions, and each reaction may look at a few rows more than once. */
const ROWS_PER_ORDER = 1_500
/** What the block range index on `handled_at` may find: it reads 32 pages for each that a recent row was put into. */
const IN_RANGES = 40_000

let database: TestDatabase
let releases: (() => Promise<unknown>)[]

beforeAll(async () => {
  const gateway = await startGateway({ port: 0 })
  const mail = await testMailServer()
  releases = [() => gateway.close(), () => mail.close()]
  Object.assign(process.env, { SMTP_URL: mail.url, PAYMENT_GATEWAY_URL: gateway.url })
  for (const name of ['DATABASE_URL', 'RABBITMQ_URL', 'REDIS_URL'])
    process.env[name] = requireTestService(`TEST_${name}`)
  database = await testDatabase()
  await using(async ({ pool }) => storeHistory(pool, EVENTS))
})
afterAll(async () => {
  for (const release of releases) await release()
  await database.close()
})

/** PostgreSQL counts what a connection has read when that ends at the latest. */
async function using(work: (opened: OpenDatabase) => Promise<unknown>) {
  const opened = openDatabase(database.url, { planning: 'by-key' })
  await work(opened).finally(opened.close)
  await deadline('all its connections have ended', async () => {
    const [row] = await database.db.$queryRaw<[{ others: bigint }]>`
      SELECT count(*) AS others FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'`
    return row.others <= 1n
  })
}

/** Rows read so far of each table that grows with every order; those of partitions belong to their table. */
async function rowsRead() {
  const rows = await database.db.$queryRaw<{ table: string; sequentially: number; byIndex: number }[]>`
    SELECT coalesce(inhparent::regclass::text, relname) AS table, sum(seq_tup_read)::int AS sequentially,
      sum(idx_tup_fetch)::int AS "byIndex"
    FROM pg_stat_user_tables LEFT JOIN pg_inherits ON inhrelid = relid
    GROUP BY 1 HAVING sum(n_live_tup) >= ${EVENTS / 10} ORDER BY 1`
  return new Map(rows.map(({ table, ...read }) => [table, read]))
}

/** What relay, broker and workers do, without a broker: every event to every reaction, until no new one comes. */
async function carry(opened: OpenDatabase, workers: readonly Reaction[], after: bigint) {
  for (;;) {
    const { rows } = await readEvents(opened.db, after, 100)
    if (rows.length === 0) return
    after = rows.at(-1)!.position
    const recorded = await openedEvents(opened.db, rows.map(toEvent))
    for (const worker of workers) {
      const events = recorded.filter(({ type }) => worker.on.some((on) => on.type === type))
      await react({ ...database, ...opened }, worker, ...events)
    }
  }
}

const toEvent = ({ dataJson, position: _, ...event }: StoredRow) => ({ ...event, data: JSON.parse(dataJson) as object })

async function lookForLost(opened: OpenDatabase) {
  const log = createLogger('test', 'silent')
  const broker = createRabbitMq({ url: requireTestService('TEST_RABBITMQ_URL'), name: 'fanfare test', log })
  const names = createNames(`test-flat-${process.pid}`)
  const reports = await reconcile({ ...opened, broker, names, instance: 'test', dryRun: true })
  await broker.close()
  return reports
}

async function aDay(opened: OpenDatabase) {
  const { db, pool } = opened
  await upsertProducts(db, [MUG])
  await receiveStock(db, [{ sku: MUG.sku, quantity: 100 }])
  const workers = (await loadReactions(findReactions('workers'))).filter(({ enabled }) => enabled())
  const [{ last }] = await db.$queryRaw<[{ last: bigint }]>`SELECT max(position) AS last FROM events`
  const api = await testApi({ ...database, db, pool })
  const ids: string[] = []
  for (let n = 0; n < ORDERS; n++)
    ids.push((await api.place(anOrder(), { 'Idempotency-Key': `flat-${n}` }).expect(202)).body.id as string)
  await carry(opened, workers, last)
  for (const path of ['', '/story', '/history']) await api.get(`/v1/orders/${ids[0]!}${path}`).expect(200)
  for (const query of ['', '?status=placed', '?status=shipped']) await api.get(`/v1/orders${query}`).expect(200)
  expect((await api.get(`/v1/orders/${ids[0]!}`)).body).toMatchObject({ status: 'shipped' })
  await db.$executeRaw`UPDATE relay_checkpoints SET position = (SELECT max(position) FROM events)`
  expect(await lookForLost(opened)).toContainEqual(expect.objectContaining({ busy: false, lost: 0, unsettled: 0 }))
  const reconcileAll = () => Promise.resolve([])
  for (const job of schedules({
    db,
    instance: 'test',
    log: createLogger('test', 'silent'),
    wake: () => {},
    reconcileAll,
    partitionLength: 'month',
  }))
    await job.run()
  measureBacklog(db)
  expect(await register.metrics()).toContain('fanfare_relay_lag_seconds 0')
  await api.close()
}

it('reads no table from end to end that grows with every order', async () => {
  const before = await rowsRead()
  await using(aDay)
  const after = await deadline('the day is counted', async () => {
    const read = await rowsRead()
    return (read.get('events')?.byIndex ?? 0) > (before.get('events')?.byIndex ?? 0) ? read : undefined
  })
  expect([...after.keys()]).toEqual(
    expect.arrayContaining(['events', 'handled_events', 'orders', 'sent_mails', 'streams']),
  )
  const difference = [...after].map(([table, { sequentially, byIndex }]) => ({
    table,
    sequentially: sequentially - (before.get(table)?.sequentially ?? 0),
    byIndex: byIndex - (before.get(table)?.byIndex ?? 0),
  }))
  expect(difference.filter(({ sequentially }) => sequentially > 0)).toEqual([])
  const allowed = (table: string) => ORDERS * ROWS_PER_ORDER + (table === 'handled_events' ? IN_RANGES : 0)
  expect(difference.filter(({ table, byIndex }) => byIndex > allowed(table))).toEqual([])
})

it('finds what is due among many deliveries that are not', async () => {
  const WAITING = 'fraud.screen-order'
  const store = (count: number, reaction: string, due: string) => database.db.$executeRaw`
    INSERT INTO deliveries (id, reaction, event_type, state, reason, due_at)
    SELECT gen_random_uuid(), ${reaction}, 'order.placed', 'retrying', 'failed', now() + ${due}::interval FROM generate_series(1, ${count}::int)`
  await store(EVENTS, WAITING, '1 hour')
  await store(1, WAITING, '-1 second')
  await using(async ({ db }) => db.$executeRaw`ANALYZE deliveries`)
  const before = (await rowsRead()).get('deliveries')!
  const workers = await loadReactions(findReactions('workers'))
  const readers = workers.map(({ name, on }) => ({ reaction: name, on }))
  const claimant = {
    ...readers.find(({ reaction }) => reaction === WAITING)!,
    poisonAfter: 3,
    inHand: [],
    takesOver: true,
  }
  await using(async ({ db }) => {
    expect([...(await dueWithin(db, readers, 1_500)).keys()]).toEqual([WAITING])
    expect(await claimDue(db, claimant, 'test', 100)).toHaveLength(1)
    expect((await dueWithin(db, readers, 1_500)).size).toBe(0)
    expect(await claimDue(db, claimant, 'test', 100)).toEqual([])
  })
  const after = await deadline('the looks are counted', async () => {
    const read = (await rowsRead()).get('deliveries')!
    return read.byIndex > before.byIndex ? read : undefined
  })
  expect(after.sequentially - before.sequentially).toBe(0)
  expect(after.byIndex - before.byIndex).toBeLessThan(50)
})

it('counts what outages have left along the index of it alone', async () => {
  await database.db.$executeRaw`
    INSERT INTO deliveries (id, reaction, event_type, state, reason, dependency, failed_at)
    SELECT gen_random_uuid(), 'notification.email-customer', 'order.placed', 'dead', 'attempts-exhausted', 'mail-server', now() - interval '1 minute'
    FROM generate_series(1, ${EVENTS / 10}::int)`
  await database.db.$executeRaw`
    INSERT INTO breakers (reaction, instance, cause, dependency, failing_since, opened_at, seen_at, closed_at, recovered)
    VALUES ('notification.email-customer', 'one', 'it was away', 'mail-server', now() - interval '1 hour', now() - interval '1 hour', now(), now(), true)`
  await database.db.subscription.createMany({
    data: [{ reaction: 'notification.email-customer', eventType: 'order.placed', since: 0 }],
    skipDuplicates: true,
  })
  await using(async ({ db }) => db.$executeRaw`VACUUM (ANALYZE) deliveries`)
  const used = () => database.db.$queryRaw<[{ looks: number; fetched: number }]>`
    SELECT idx_scan::int AS looks, idx_tup_fetch::int AS fetched FROM pg_stat_user_indexes
    WHERE indexrelname = 'deliveries_dead_of_dependency'`
  const [before] = await used()
  await using(async ({ db }) =>
    expect(await findRecoveries(db)).toMatchObject([{ letters: EVENTS / 10, untried: EVENTS / 10 }]),
  )
  const after = await deadline('its look is counted', async () =>
    (await used()).find(({ looks }) => looks > before.looks),
  )
  expect(after.fetched - before.fetched).toBeLessThan(50) // of the table; all are read in the index
})
