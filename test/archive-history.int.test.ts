// Nine tenths of a history go into an archive and come back, and the whole log goes to another database: nothing is lost or
// changed. `ARCHIVE_EVENTS=1e5 npm test -- archive-history` does so with more events, and tells how long it takes; and how fast the
// database is once most is archived, beside one that never had more than what is left.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openDatabase, type OpenDatabase } from '#platform/database'
import { archiveBefore, exportEvents, importEvents, readStory, restoreArchive } from '#messaging'
import {
  anOrderPlaced,
  endFirstPartition,
  react,
  record,
  requireTestService,
  testDatabase,
  type TestDatabase,
} from '#testing'
import { EVENTS_PER_ORDER, ORDERS_EVERY_MS, storeHistory } from '../bench/load/history.ts'
import { makePartition } from '../src/messaging/event-store/partitions/make-partitions.ts'
import { leastId } from '../src/messaging/event-store/partitions/partitions.ts'
import { relayCheckpoint } from '../src/messaging/event-store/checkpoint.ts'
import { findLost } from '../src/messaging/reconcile/find-lost.ts'
import { readEvents } from '../src/messaging/relay/reading/read-events.ts'
import { audit, isBroken } from '../src/audit/index.ts'
import { fanfare as runFanfare } from '../src/cli/fanfare.ts'
import screenOrder from '../workers/fraud/screen-order.ts'

const GIVEN = process.env['ARCHIVE_EVENTS']
const EVENTS = Number(GIVEN ?? 3_000)
const HOUR = 3_600_000
const LONG_MS = 3 * HOUR

let database: TestDatabase
/** Plans by the sizes of tables, as commands do. */
let command: OpenDatabase
let folder: string
const told: string[] = []

beforeAll(async () => {
  for (const name of ['DATABASE_URL', 'RABBITMQ_URL', 'REDIS_URL'])
    process.env[name] = requireTestService(`TEST_${name}`)
  database = await testDatabase()
  command = openDatabase(database.url)
  folder = await mkdtemp(path.join(tmpdir(), 'fanfare-archive-'))
  const end = Date.now() - 200 * 24 * HOUR
  const cut = new Date(end - (EVENTS / EVENTS_PER_ORDER / 10) * ORDERS_EVERY_MS)
  await endFirstPartition(database, cut)
  await makePartition(database.db, { name: 'rest', from: leastId(cut), to: leastId(new Date(Date.now() + 24 * HOUR)) })
  await timed('fill', storeHistory(database.pool, EVENTS, end))
  tellSizes(await sizes())
}, LONG_MS)
afterAll(async () => {
  if (GIVEN) process.stdout.write(`${EVENTS} events: ${told.join(', ')}\n`)
  await command.close()
  await database.close()
  await rm(folder, { recursive: true })
})

interface Size {
  name: string
  rows: number
  indexes: number
}

/** Bytes on the disk for each order, by table. */
async function sizes(): Promise<Size[]> {
  return database.db.$queryRaw<Size[]>`
    SELECT coalesce(parent.relname, c.relname)::text AS name, sum(pg_indexes_size(c.oid))::float8 / ${EVENTS / EVENTS_PER_ORDER} AS indexes,
      sum(pg_total_relation_size(c.oid) - pg_indexes_size(c.oid))::float8 / ${EVENTS / EVENTS_PER_ORDER} AS rows
    FROM pg_class c LEFT JOIN pg_inherits ON inhrelid = c.oid LEFT JOIN pg_class parent ON parent.oid = inhparent
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY 1 ORDER BY sum(pg_total_relation_size(c.oid)) DESC`
}

function tellSizes(tables: readonly Size[]) {
  const all = tables.reduce((sum, { rows, indexes }) => sum + rows + indexes, 0)
  const largest = tables.filter(({ rows, indexes }) => rows + indexes > 100)
  const each = largest.map(({ name, rows, indexes }) => `${name} ${Math.round(rows)} + ${Math.round(indexes)}`)
  told.push(`${Math.round(all)} bytes on the disk for each order (rows + indexes: ${each.join(', ')})`)
}

async function timed<Result>(what: string, work: Promise<Result>): Promise<Result> {
  const began = performance.now()
  const result = await work
  told.push(`${what} ${((performance.now() - began) / 1_000).toFixed(1)} s`)
  return result
}

/** Who published an event stands in a column of its own after a restore. */
const COLUMNS = 'position, id, type, version, stream, stream_version, data, correlation_id, causation_id, occurred_at'

/** The number of rows, and a sum of their hashes, whatever their order. */
async function sumOf({ db }: TestDatabase, table: string, columns: string): Promise<string> {
  const [row] = await db.$queryRawUnsafe<{ sum: string }[]>(
    `SELECT count(*) || ' ' || sum(('x' || left(md5((${columns})::text), 15))::bit(60)::bigint) AS sum FROM ${table} AS t`,
  )
  return row!.sum
}

/** Milliseconds of what happens for each order or now and then: the median of some. */
async function speeds(database: TestDatabase): Promise<Record<string, number>> {
  const { db } = database
  const last = await relayCheckpoint(db)
  const some = await db.event.findMany({ where: { type: 'order.placed' }, orderBy: { position: 'desc' }, take: 300 })
  const placed = await record(database, ...Array.from({ length: 100 }, () => anOrderPlaced()))
  const evidence = { graceMs: 60_000, queueIsEmpty: true, everything: false }
  const range = { from: last - BigInt(Math.min(50_000, EVENTS / 20)), to: last }
  const story = some[Math.floor(Math.random() * some.length)]!.correlationId
  const timedOf = async (work: () => Promise<unknown>) => {
    const began = performance.now()
    await work()
    return performance.now() - began
  }
  return {
    story: await timedOf(() => readStory(db, story)),
    'relay, 1000 events': await timedOf(() => readEvents(db, last - 1_000n, 1_000)),
    'react, 100 events': await timedOf(() => react(database, screenOrder, ...placed)),
    'reconcile, a window': await timedOf(() => findLost(db, 'order.advance-order', range, evidence)),
  }
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
const ROUNDS = 15

/** Both in turns, so that what else the machine does falls on both. */
async function compareSpeeds(archived: TestDatabase, small: TestDatabase) {
  const rounds: Record<string, number>[][] = [[], []]
  for (let n = 0; n < ROUNDS + 3; n++)
    for (const [index, one] of [archived, small].entries()) {
      const round = await speeds(one)
      if (n >= 3) rounds[index]!.push(round) // the first ones plan and warm up
    }
  for (const what of Object.keys(rounds[0]![0]!)) {
    const [ours, theirs] = rounds.map((side) => median(side.map((round) => round[what]!)))
    told.push(`${what} ${ours!.toFixed(1)} ms beside ${theirs!.toFixed(1)}`)
  }
}

/** Nothing was received of the goods that the history has sold. */
const NOT_STORED = new Set(['stock-is-what-was-booked'])

/** On a connection that plans by the sizes of tables, as the command has it. */
async function auditTimed({ url }: TestDatabase) {
  const { db, close } = openDatabase(url)
  const began = performance.now()
  const broken = (await audit(db, { patienceMs: 1e12 })).filter(
    (one) => isBroken(one) && !NOT_STORED.has(one.invariant),
  )
  const seconds = ((performance.now() - began) / 1_000).toFixed(1)
  await close()
  expect(broken.map(({ invariant, offenders }) => ({ invariant, offenders }))).toEqual([])
  return seconds
}

/** Of the history, without what was recorded to measure. */
const HISTORY = '(SELECT * FROM events WHERE position <= (SELECT position FROM relay_checkpoints))'
const HANDLED = `(SELECT * FROM handled_events WHERE instance <> 'test')`
const contents = async () => [await sumOf(database, HISTORY, COLUMNS), await sumOf(database, HANDLED, 't.*')]

it(
  'is the same after most of it was archived and restored',
  async () => {
    const { db } = command
    const before = await timed('compare', contents())
    const options = { db, instance: 'test', to: folder, openAmong: () => Promise.resolve([]) }
    const [report] = await timed('archive', archiveBefore({ ...options, before: new Date() }))
    expect(report).toMatchObject({ name: 'first', outcome: 'archived' })
    expect(report!.events / EVENTS).toBeCloseTo(0.9, 1)
    expect(await db.event.count()).toBeLessThan(EVENTS / 5)
    if (GIVEN) await timed('all measurements beside a small one', compareWithSmall())
    await deleteOld()
    await timed('restore', restoreArchive({ db, instance: 'test', place: report!.place! }))
    expect(await timed('compare again', contents())).toEqual(before)
    expect(await indexesOf('events_first')).toEqual(await indexesOf('events_default'))
    expect(await indexesOf('handled_events_first')).toEqual(await indexesOf('handled_events_default'))
  },
  LONG_MS,
)

/** What they are on, and what they are good for. */
async function indexesOf(table: string) {
  return database.db.$queryRaw`
    SELECT regexp_replace(pg_get_indexdef(indexrelid), ' INDEX .* USING ', ' ') AS index, indisvalid, indisprimary,
      EXISTS (SELECT FROM pg_inherits WHERE inhrelid = indexrelid) AS "isAttached"
    FROM pg_index WHERE indrelid = ${table}::regclass ORDER BY 1`
}

/** Of what is archived no order is left; that is no loss to the audit. */
async function deleteOld() {
  const day = new Date(Date.now() - 100 * 24 * HOUR).toISOString().slice(0, 10)
  const told = await fanfare('orders', 'delete', '--before', day, '--dry-run')
  const orders = Number(/^([\d,]+) orders would go/.exec(told)![1]!.replaceAll(',', ''))
  expect(orders * EVENTS_PER_ORDER).toBeGreaterThan(EVENTS * 0.8)
  expect(told).toMatch(/ payment_ledger +\d+ +\d+\.\d MB/)
  expect(told).toMatch(
    /[\d,]+ orders of that time stay, with events that are not in an archive\.\nTo archive first: .* archive --before/,
  )
  const done = await timed(`delete ${orders} orders`, fanfare('orders', 'delete', '--before', day, '--yes', '--json'))
  expect(JSON.parse(done)).toMatchObject({ outcome: 'done', orders, deleted: orders })
  expect(await fanfare('orders', 'delete', '--before', day)).toMatch(/^0 orders would go/)
  const { orderId } = await database.db.deletedOrder.findFirstOrThrow()
  expect(await fanfare('story', orderId)).toMatch(
    /^It was deleted at .*: they were old\nEvents .* lie in the archive first\..*\nThe order was shipped\.$/,
  )
  if (!GIVEN) return auditTimed(database) // elsewhere events were recorded to measure, which have no orders
  await database.db.$executeRaw`VACUUM FULL`
  tellSizes(await sizes())
}

/** What a command prints. */
async function fanfare(...args: string[]): Promise<string> {
  let output = ''
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((output += String(text))))
  const code = await runFanfare(args, { env: { ...process.env, DATABASE_URL: database.url } })
  spy.mockRestore()
  expect(code).toBe(0)
  return output.trim()
}

/** Beside a database that never had more than a tenth. */
async function compareWithSmall() {
  await database.db.$executeRaw`VACUUM ANALYZE`
  const small = await testDatabase()
  await storeHistory(small.pool, EVENTS / 10)
  told.push(`audit ${await auditTimed(database)} s beside ${await auditTimed(small)}`)
  await compareSpeeds(database, small)
  await small.close()
}

it(
  'is the same in another database after export and import',
  async () => {
    const other = await testDatabase()
    const file = path.join(folder, 'log.ndjson.gz')
    await timed('export', exportEvents({ db: command.db, file }))
    const { db, close } = openDatabase(other.url)
    await timed('import', importEvents({ db, instance: 'test', file }))
    await close()
    expect(await sumOf(other, HISTORY, COLUMNS)).toBe(await sumOf(database, HISTORY, COLUMNS))
    await other.close()
  },
  LONG_MS,
)
