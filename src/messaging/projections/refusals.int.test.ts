import { deadline, projectionReader, record, anOrderPlaced, testDatabase, type TestDatabase } from '#testing'
import { OrderPlaced } from '#events'
import type { Database } from '#platform/database'
import { createLogger } from '#platform/log/logger'
import { oneAtATime } from '../event-store/partitions/make-partitions.ts'
import { defineProjection, type Projection } from './define-projection.ts'
import { listProjections, resumeProjection } from './list.ts'
import { rebuild } from './rebuild/rebuild.ts'
import { runProjections, type RunningProjections } from './run-projections.ts'
import { register } from './standing.ts'

let database: TestDatabase
let running: RunningProjections | undefined
beforeEach(async () => {
  database = await testDatabase()
})
afterEach(async () => {
  await running?.stop()
  running = undefined
  await database.close()
})

const log = createLogger('test', 'silent')
const counts = (name: string, given: Partial<Projection> = {}): Projection => ({
  ...defineProjection({
    name,
    on: OrderPlaced,
    tables: ['CREATE TABLE seen (id uuid PRIMARY KEY)'],
    apply: (events, tx) => tx.$executeRaw`
      INSERT INTO seen SELECT (event->>'id')::uuid FROM jsonb_array_elements(${JSON.stringify(events)}::jsonb) AS event`,
  }),
  ...given,
})
const standing = async (name: string) => (await listProjections(database.db)).find((one) => one.name === name)
const archivedUpTo = (db: Pick<Database, '$executeRaw'>, position: number) => db.$executeRaw`
  INSERT INTO archives (name, to_id, state, place, last_position) VALUES ('first', gen_random_uuid(), 'detached', '/', ${position})`

test('what lacks archived events is not resumed before they are restored', async () => {
  const { db } = database
  await record(database, anOrderPlaced())
  await archivedUpTo(db, 1)
  await register(db, [counts('test.late')])
  await expect(resumeProjection(db, 'test.late')).rejects.toThrow('events up to position 1 are archived: restore them')
  expect(await standing('test.late')).toMatchObject({ state: 'failed' })
  await db.$executeRaw`DELETE FROM archives`
  expect(await resumeProjection(db, 'test.late')).toBe(true)
})

/** An archive takes its events out at this moment: it has looked for who still needs them, and has not committed yet. */
async function whileArchiving(begin: () => Promise<unknown>) {
  const { db } = database
  const begun = await db.$transaction(async (tx) => {
    await oneAtATime(tx)
    await archivedUpTo(tx, 1)
    const beginning = begin().catch((error: Error) => error)
    const isWaiting = async () => {
      const [row] = await db.$queryRaw<[{ waiting: boolean }]>`
        SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS waiting`
      return row.waiting
    }
    await Promise.race([beginning, deadline('it waits for the archive', isWaiting)])
    return { beginning }
  })
  return begun.beginning
}

test('a projection or a rebuild that begins while events are archived does not miss them silently', async () => {
  const { db } = database
  await record(database, anOrderPlaced())
  await whileArchiving(() => register(db, [counts('test.late')]))
  expect(await standing('test.late')).toMatchObject({ state: 'failed', reason: expect.stringContaining('archived') })
  await db.$executeRaw`DELETE FROM archives`
  await resumeProjection(db, 'test.late')
  const refused = await whileArchiving(() => rebuild(counts('test.late'), { db, log, instance: 'test' }))
  expect(refused).toMatchObject({ name: 'ProjectionRefused' })
})

test('two projections whose schemas would be the same are refused', async () => {
  const { db } = database
  await register(db, [counts('a.b-c')])
  for (const name of ['a-b.c', 'a.b-c-shadow', 'a.b-c-old'])
    await expect((async () => register(db, [counts(name)]))()).rejects.toThrow(/schema|must not end/)
  expect(await db.projection.count()).toBe(1)
})

test('what fails only at the commit stops it with the reason as well', async () => {
  await record(database, anOrderPlaced(), anOrderPlaced(), anOrderPlaced())
  const tables = ['CREATE TABLE seen (id uuid PRIMARY KEY, one int DEFAULT 1 UNIQUE DEFERRABLE INITIALLY DEFERRED)']
  const picky = counts('test.picky', {
    tables,
    apply: (events: readonly { id: string }[], tx) => tx.$executeRaw`
      INSERT INTO seen (id) SELECT unnest(${events.map(({ id }) => id)}::uuid[])`,
  })
  await register(database.db, [picky])
  running = runProjections([picky], { db: database.db, log, instance: 'test', pollMs: 20 })
  await deadline('it has failed', async () => (await standing('test.picky'))?.state === 'failed', { within: 10_000 })
  expect(await standing('test.picky')).toMatchObject({ position: 1n, behind: 2n })
  expect((await standing('test.picky'))!.reason).toMatch(/at position 2: .*UniqueConstraint/)
})

test('whoever wants to find an event that is archived by now is not kept waiting', async () => {
  const { db } = database
  await register(db, [counts('test.seen')])
  await db.$executeRaw`INSERT INTO streams VALUES ('order-1', 3, 3)`
  const read = (after: string) => projectionReader(database, 100).read('test.seen', after, async () => 'an answer')
  expect(await read('order-1@3')).toMatchObject({ result: 'an answer', position: 0n })
  await expect(read('order-1@4')).rejects.toMatchObject({ code: 'not-current-yet' })
})
