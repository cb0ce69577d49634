import { anOrderConfirmed, anOrderPlaced, deadline, record, testDatabase, type TestDatabase } from '#testing'
import { OrderConfirmed, OrderPlaced } from '#events'
import { createLogger } from '#platform/log/logger'
import { uuidv7 } from '#platform/uuid'
import { append } from '../event-store/append.ts'
import { defineProjection, type Projection, type ProjectionTransaction } from './define-projection.ts'
import { listProjections, pauseProjection, resumeProjection } from './list.ts'
import { rebuild } from './rebuild/rebuild.ts'
import { runProjections, type RunningProjections } from './run-projections.ts'
import { register } from './standing.ts'

let database: TestDatabase
const running: RunningProjections[] = []
beforeEach(async () => {
  database = await testDatabase()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ stop }) => stop()))
  await database.close()
})

const log = createLogger('test', 'silent')
type Event = { id: string; streamVersion: number; data: { orderId: string } }

/** Each event as a row, with its number in the order of arrival: shows what came twice, never, or too early. */
const write = (events: readonly Event[], tx: ProjectionTransaction) => tx.$executeRaw`
  INSERT INTO seen (nth, id, order_id, stream_version)
  SELECT (SELECT count(*) FROM seen) + nth, id, "orderId", version
  FROM jsonb_to_recordset(${JSON.stringify(
    events.map(({ id, streamVersion, data }, nth) => ({ nth, id, orderId: data.orderId, version: streamVersion })),
  )}::jsonb) AS row(nth int, id uuid, "orderId" uuid, version int)`

const TABLES = [
  'CREATE TABLE seen (nth int PRIMARY KEY, id uuid NOT NULL UNIQUE, order_id uuid NOT NULL, stream_version int NOT NULL)',
]
const seenBy = (name: string, more: Partial<Projection> = {}): Projection => ({
  ...defineProjection({ name, on: [OrderPlaced, OrderConfirmed], tables: TABLES, apply: write }),
  ...more,
})

async function run(...projections: Projection[]) {
  await register(database.db, projections)
  const started = runProjections(projections, { db: database.db, log, instance: `test ${running.length}`, pollMs: 20 })
  running.push(started)
  return started
}

const rowsOf = (schema: string) =>
  database.db.$queryRawUnsafe<{ nth: number; id: string }[]>(`SELECT nth, id FROM ${schema}.seen ORDER BY nth`)
const idsOf = async (schema: string) => (await rowsOf(schema)).map(({ id }) => id)
const stored = async () =>
  (
    await database.db.event.findMany({
      where: { type: { in: ['order.placed', 'order.confirmed'] } },
      orderBy: { position: 'asc' },
      select: { id: true },
    })
  ).map(({ id }) => id)
const standing = async (name: string) => (await listProjections(database.db)).find((one) => one.name === name)!
const current = (name: string) => deadline(`${name} is current`, async () => (await standing(name)).behind === 0n)
const orders = (count: number) => record(database, ...Array.from({ length: count }, () => anOrderPlaced()))

test('a projection begins with history, follows what comes, each event once and in order', async () => {
  await orders(5)
  await run(seenBy('test.seen'))
  await orders(5)
  await current('test.seen')
  expect(await idsOf('projection_test_seen')).toEqual(await stored())
  expect(await standing('test.seen')).toMatchObject({
    state: 'running',
    position: 10n,
    lagSeconds: 0,
    holder: 'test 0',
  })
})

test('it may begin with what comes', async () => {
  await orders(3)
  await database.db.relayCheckpoint.create({ data: { name: 'relay', position: 3n } })
  await run(seenBy('test.seen', { from: 'now' }))
  await orders(2)
  await current('test.seen')
  expect(await idsOf('projection_test_seen')).toEqual((await stored()).slice(3))
})

test('an event that is committed after later ones is not passed over', async () => {
  await run(seenBy('test.seen'))
  await orders(1)
  await current('test.seen')
  await database.db.$transaction(async (tx) => {
    const orderId = uuidv7()
    await append(tx, [{ event: anOrderPlaced({ orderId }), correlationId: orderId }])
    await orders(3)
    await deadline('the later ones are seen to wait', async () => (await standing('test.seen')).behind > 0n)
  })
  await current('test.seen')
  expect(await idsOf('projection_test_seen')).toEqual(await stored())
})

test('replicas share it: nothing is applied twice, and another goes on when one ends', async () => {
  const one = await run(seenBy('test.seen'))
  await run(seenBy('test.seen'))
  for (let n = 0; n < 20; n++) await orders(5)
  await one.stop()
  await orders(5)
  await current('test.seen')
  expect(await idsOf('projection_test_seen')).toEqual(await stored())
})

test('on an event that it cannot take it stands still with the reason, and the others go on', async () => {
  const bad = uuidv7()
  const apply = async (events: readonly Event[], tx: ProjectionTransaction) => {
    if (events.some(({ data }) => data.orderId === bad)) throw new RangeError('no such thing')
    await write(events, tx)
  }
  const strict = seenBy('test.strict', { apply })
  await orders(10)
  await record(database, anOrderPlaced({ orderId: bad }))
  await orders(10)
  const first = await run(strict, seenBy('test.seen'))
  await current('test.seen')
  await deadline('it has failed', async () => (await standing('test.strict')).state === 'failed')
  expect(await standing('test.strict')).toMatchObject({ position: 10n, behind: 11n })
  expect((await standing('test.strict')).reason).toMatch(
    /^order\.placed \S+ at position 11: RangeError: no such thing$/,
  )
  expect(await idsOf('projection_test_strict')).toEqual((await stored()).slice(0, 10))

  await first.stop()
  expect(await resumeProjection(database.db, 'test.strict')).toBe(true)
  await run(seenBy('test.strict'))
  await current('test.strict')
  expect(await idsOf('projection_test_strict')).toEqual(await stored())
})

test('it writes its own tables and no others', async () => {
  const apply = (_: readonly Event[], tx: ProjectionTransaction) => tx.$executeRaw`UPDATE orders SET status = 'mine'`
  await orders(1)
  await run(seenBy('test.greedy', { apply }))
  await deadline('it has failed', async () => (await standing('test.greedy')).state === 'failed')
  expect((await standing('test.greedy')).reason).toMatch(/relation "orders" does not exist/)
})

test('paused, it stands still until it is resumed', async () => {
  await run(seenBy('test.seen'))
  await orders(1)
  await current('test.seen')
  await pauseProjection(database.db, 'test.seen')
  await orders(3)
  expect(await standing('test.seen')).toMatchObject({ state: 'paused', position: 1n, behind: 3n })
  await resumeProjection(database.db, 'test.seen')
  await current('test.seen')
  expect(await idsOf('projection_test_seen')).toEqual(await stored())
})

describe('rebuild', () => {
  const options = () => ({ db: database.db, log, instance: 'test rebuild', batchSize: 50 })
  const seen = seenBy('test.seen')

  test('while events come and readers read, the tables are built anew and swapped', async () => {
    for (let n = 0; n < 4; n++) await orders(100)
    await run(seen)
    await current('test.seen')
    let done = false
    const coming = (async () => {
      while (!done) await orders(3)
    })()
    const reading = (async () => {
      let most = 0
      while (!done) {
        const { length } = await rowsOf('projection_test_seen')
        expect(length).toBeGreaterThanOrEqual(most)
        most = length
      }
    })()
    const result = await rebuild(seen, options())
    expect(result).toMatchObject({ outcome: 'swapped', from: 0n })
    const again = await rebuild(seen, options())
    expect(again.outcome).toBe('swapped')
    done = true
    await Promise.all([coming, reading])
    await current('test.seen')
    expect(await idsOf('projection_test_seen')).toEqual(await stored())
    expect(await database.db.projection.findFirst()).toMatchObject({ generation: 3, state: 'running' })
  })

  test('stopped, it goes on from where it was; the present tables answer meanwhile', async () => {
    await orders(300)
    await run(seen)
    await current('test.seen')
    const stop = new AbortController()
    const stopped = await rebuild(seen, { ...options(), signal: stop.signal, onProgress: () => stop.abort() })
    expect(stopped).toMatchObject({ outcome: 'stopped', from: 0n, position: 50n })
    expect(await standing('test.seen')).toMatchObject({ shadowPosition: 50n, position: 300n })
    expect(await rebuild(seen, options())).toMatchObject({ outcome: 'swapped', from: 50n, position: 300n })
    expect(await idsOf('projection_test_seen')).toEqual(await stored())
    expect(await standing('test.seen')).toMatchObject({ shadowPosition: null })
  })

  test('it compares when asked, and leaves the present tables where they are to stay', async () => {
    await orders(20)
    await run(seen)
    await current('test.seen')
    await database.db.$executeRaw`DELETE FROM projection_test_seen.seen WHERE nth = 7`
    const refused = await rebuild(seen, {
      ...options(),
      async accept(differences) {
        expect(differences).toMatchObject([{ table: 'seen', present: 0, rebuilt: 1, examples: [{ row: { nth: 7 } }] }])
        return false
      },
    })
    expect(refused.outcome).toBe('refused')
    expect(await rowsOf('projection_test_seen')).toHaveLength(19)
    expect(await rebuild(seen, options())).toMatchObject({ outcome: 'swapped', from: 20n })
    const equal = await rebuild(seen, {
      ...options(),
      accept: async ([table]) => (table!.present === 0 && table!.rebuilt === 0) || Promise.reject(new Error('differs')),
    })
    expect(equal.outcome).toBe('swapped')
  })

  test('dropped tables come back, and what had failed on them goes on', async () => {
    await orders(20)
    await run(seen)
    await current('test.seen')
    await database.db.$executeRaw`DROP SCHEMA projection_test_seen CASCADE`
    await orders(1)
    await deadline('it has failed', async () => (await standing('test.seen')).state === 'failed')
    expect((await standing('test.seen')).reason).toMatch(/"seen" does not exist/)
    await rebuild(seen, options())
    await orders(1)
    await current('test.seen')
    expect(await idsOf('projection_test_seen')).toEqual(await stored())
  })

  test('a newer version waits for it, and an older one leaves its tables alone from then on', async () => {
    await orders(3)
    await run(seen)
    await current('test.seen')
    const wider = defineProjection({
      name: 'test.seen',
      version: 2,
      on: [OrderPlaced, OrderConfirmed],
      tables: [...TABLES, 'ALTER TABLE seen ADD COLUMN release int NOT NULL DEFAULT 2'],
      apply: write,
    })
    await run(wider)
    await orders(1)
    await current('test.seen')
    expect(await standing('test.seen')).toMatchObject({ version: 1, holder: 'test 0' })
    await rebuild(wider, options())
    await record(database, anOrderConfirmed())
    await current('test.seen')
    expect(await standing('test.seen')).toMatchObject({ version: 2, holder: 'test 1' })
    expect(await idsOf('projection_test_seen')).toEqual(await stored())
  })
})

test('what would lack archived events is not built', async () => {
  await orders(2)
  await run(seenBy('test.seen'))
  await current('test.seen')
  await database.db.$executeRaw`
    INSERT INTO archives (name, to_id, state, place, last_position) VALUES ('first', gen_random_uuid(), 'archived', '/', 1)`
  const options = { db: database.db, log, instance: 'test' }
  await expect(rebuild(seenBy('test.seen'), options)).rejects.toThrow(/events up to position 1 are archived: restore/)
  await register(database.db, [seenBy('test.late')])
  expect(await standing('test.late')).toMatchObject({ state: 'failed', reason: expect.stringContaining('archived') })
})

test('statements that have changed under the same version are refused', async () => {
  await register(database.db, [seenBy('test.seen')])
  const changed = seenBy('test.seen', { tables: [...TABLES, 'CREATE INDEX ON seen (order_id)'] })
  await expect(register(database.db, [changed])).rejects.toThrow(/its version is still 1: raise it, and rebuild/)
})
