// Nine tenths of a history go into an archive and come back, and the whole log goes to another database: nothing is lost or
// changed. `ARCHIVE_EVENTS=1e5 npm test -- archive-history` does so with more events, and tells how long it takes.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { archiveBefore, exportEvents, importEvents, restoreArchive } from '#messaging'
import { endFirstPartition, requireTestService, testDatabase, type TestDatabase } from '#testing'
import { EVENTS_PER_ORDER, ORDERS_EVERY_MS, storeHistory } from '../bench/load/history.ts'
import { makePartition } from '../src/messaging/event-store/partitions/make-partitions.ts'
import { leastId } from '../src/messaging/event-store/partitions/partitions.ts'

const GIVEN = process.env['ARCHIVE_EVENTS']
const EVENTS = Number(GIVEN ?? 3_000)
const HOUR = 3_600_000

let database: TestDatabase
let folder: string
const told: string[] = []

beforeAll(async () => {
  for (const name of ['DATABASE_URL', 'RABBITMQ_URL', 'REDIS_URL'])
    process.env[name] = requireTestService(`TEST_${name}`)
  database = await testDatabase()
  folder = await mkdtemp(path.join(tmpdir(), 'fanfare-archive-'))
  const cut = new Date(Date.now() - HOUR - (EVENTS / EVENTS_PER_ORDER / 10) * ORDERS_EVERY_MS)
  await endFirstPartition(database, cut)
  await makePartition(database.db, { name: 'rest', from: leastId(cut), to: leastId(new Date(Date.now() + 24 * HOUR)) })
  await storeHistory(database.pool, EVENTS)
  told.push(`${Math.round((await bytesStored()) / (EVENTS / EVENTS_PER_ORDER))} bytes on the disk for each order`)
}, 600_000)
afterAll(async () => {
  if (GIVEN) process.stdout.write(`${EVENTS} events: ${told.join(', ')}\n`)
  await database.close()
  await rm(folder, { recursive: true })
})

/** Of all tables and indexes. */
async function bytesStored(): Promise<number> {
  const [row] = await database.db.$queryRaw<{ bytes: number }[]>`
    SELECT sum(pg_total_relation_size(oid))::float8 AS bytes FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`
  return row!.bytes
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

const contents = async () => [await sumOf(database, 'events', COLUMNS), await sumOf(database, 'handled_events', 't.*')]

it('is the same after most of it was archived and restored', async () => {
  const { db } = database
  const before = await contents()
  const options = { db, instance: 'test', to: folder, openAmong: () => Promise.resolve([]) }
  const [report] = await timed('archive', archiveBefore({ ...options, before: new Date() }))
  expect(report).toMatchObject({ name: 'first', outcome: 'archived' })
  expect(report!.events / EVENTS).toBeCloseTo(0.9, 1)
  expect(await db.event.count()).toBeLessThan(EVENTS / 5)
  await timed('restore', restoreArchive({ db, instance: 'test', place: report!.place! }))
  expect(await contents()).toEqual(before)
}, 600_000)

it('is the same in another database after export and import', async () => {
  const other = await testDatabase()
  const file = path.join(folder, 'log.ndjson.gz')
  await timed('export', exportEvents({ db: database.db, file }))
  await timed('import', importEvents({ db: other.db, instance: 'test', file }))
  expect(await sumOf(other, 'events', COLUMNS)).toBe(await sumOf(database, 'events', COLUMNS))
  await other.close()
}, 600_000)
