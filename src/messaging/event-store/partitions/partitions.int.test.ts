import { anOrderPlaced, deadline, endFirstPartition, record, testDatabase, type TestDatabase } from '#testing'
import { uuidv7 } from '#platform/uuid'
import { readStory } from '../../story.ts'
import { fillHole, findHoles } from './holes.ts'
import { makePartition, makePartitions } from './make-partitions.ts'
import { leastId, readPartitions, timeOfId } from './partitions.ts'

let database: TestDatabase
beforeEach(async () => (database = await testDatabase()))
afterEach(() => database.close())

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const inDays = (days: number) => new Date(Date.now() + days * DAY)

/** An event whose id was made at that moment, and that one reaction has handled. */
async function recordAt(moment: Date) {
  const id = uuidv7(moment.getTime())
  await database.db.$executeRaw`
    INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, occurred_at)
    VALUES (nextval('events_position_seq'), ${id}::uuid, 'order.placed', 1, ${id}, 1, '{}', ${id}, ${moment})`
  await database.db.$executeRaw`
    INSERT INTO handled_events VALUES (${id}::uuid, 'test.handle', now(), 1, 1, 'test')`
  return id
}

async function tableOf(id: string): Promise<string[]> {
  const rows = await database.db.$queryRaw<{ table: string }[]>`
    SELECT tableoid::regclass::text AS table FROM events WHERE id = ${id}::uuid
    UNION ALL SELECT tableoid::regclass::text FROM handled_events WHERE event_id = ${id}::uuid`
  return rows.map(({ table }) => table)
}

test('the partitions of the next days are there before their time, and are made once', async () => {
  const { db } = database
  await endFirstPartition(database, new Date())
  const [one, other] = await Promise.all([makePartitions(db, 'day'), makePartitions(db, 'day')])
  expect([...one.made, ...other.made]).toHaveLength(4)
  expect(await makePartitions(db, 'day')).toEqual({ made: [], outside: 0 })
  const partitions = await readPartitions(db)
  expect(partitions.map(({ from }) => from)).toEqual([null, ...partitions.slice(0, -1).map(({ to }) => to)])
  expect(timeOfId(partitions.at(-1)!.to).getTime()).toBeGreaterThan(inDays(3).getTime())
  const [, ...days] = partitions
  for (const { name, to } of days) {
    const id = await recordAt(new Date(timeOfId(to).getTime() - 1))
    expect(await tableOf(id)).toEqual([`events_${name}`, `handled_events_${name}`])
  }
})

test('events for whose time nobody made a partition are taken all the same, and move when it is made', async () => {
  const { db } = database
  await endFirstPartition(database, inDays(-40))
  const missed = await recordAt(inDays(-20))
  const [placed] = await record(database, anOrderPlaced())
  const byHand = await recordAt(inDays(4_000))
  expect(await tableOf(missed)).toEqual(['events_default', 'handled_events_default'])
  const { made, outside } = await makePartitions(db, 'week')
  expect(outside).toBe(1)
  expect(await tableOf(missed)).toEqual([`events_${made[0]!}`, `handled_events_${made[0]!}`])
  expect(await tableOf(placed!.id)).toEqual([`events_${made[0]!}`])
  expect(await tableOf(byHand)).toEqual(['events_default', 'handled_events_default'])
})

test('too many to be moved while others wait stay where they are, and the next partition begins behind them', async () => {
  const { db } = database
  await endFirstPartition(database, inDays(-40))
  await db.$executeRaw`
    INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, occurred_at)
    SELECT nextval('events_position_seq'), overlay(gen_random_uuid()::text placing left(event_id_at(now())::text, 13) from 1)::uuid,
      'order.placed', 1, n, 1, '{}', n, now() FROM generate_series(1, 20001) AS n`
  const { made, outside } = await makePartitions(db, 'week')
  expect(outside).toBe(20_001)
  expect(made).toHaveLength(3)
  const [hole] = await findHoles(db)
  expect(hole).toMatchObject({ events: 20_001, partition: { name: expect.stringMatching(/^\d{4}_\d\d_\d\d$/) } })
  expect(await fillHole(db, hole!.partition)).toBe(true)
  expect(await findHoles(db)).toEqual([])
  expect(await fillHole(db, hole!.partition)).toBe(false)
  expect(await makePartitions(db, 'week')).toEqual({ made: [], outside: 0 })
})

test('who has published an event is known after it has moved into its partition', async () => {
  const { db } = database
  await endFirstPartition(database, inDays(-40))
  const [cause, effect] = [uuidv7(inDays(-20).getTime()), uuidv7(inDays(-20).getTime() + 1)]
  const store = (tx: Pick<typeof db, '$executeRaw'>, id: string, because: string | null) => tx.$executeRaw`
    INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, causation_id, occurred_at)
    VALUES (nextval('events_position_seq'), ${id}::uuid, 'order.placed', 1, ${id}, 1, '{}', 'told', ${because}::uuid, now())`
  await store(db, cause, null)
  await db.$transaction(async (tx) => {
    await store(tx, effect, cause)
    await tx.$executeRaw`INSERT INTO handled_events VALUES (${cause}::uuid, 'test.publisher', now() - interval '1 s', 1, 1, 'test')`
  })
  await db.$executeRaw`INSERT INTO handled_events VALUES (${cause}::uuid, 'test.bystander', now(), 1, 1, 'test')`
  const publisher = async () => (await readStory(db, 'told'))[1]!.publishedBy
  expect(await publisher()).toBe('test.publisher')
  const { made } = await makePartitions(db, 'week')
  expect(await tableOf(effect)).toEqual([`events_${made[0]!}`])
  expect(await publisher()).toBe('test.publisher')
})

test('history cannot be changed, in the whole table or in one of its partitions', async () => {
  const { db } = database
  await endFirstPartition(database, new Date(Date.now() - MINUTE))
  const { made } = await makePartitions(db, 'month')
  await recordAt(inDays(-1))
  await recordAt(new Date())
  await recordAt(inDays(4_000))
  for (const table of ['events', 'events_first', 'events_default', `events_${made[0]!}`]) {
    for (const change of [`UPDATE ${table} SET version = 2`, `DELETE FROM ${table}`, `TRUNCATE ${table}`])
      await expect(db.$executeRawUnsafe(change)).rejects.toThrow('events are append-only')
  }
})

test('an id is unique over all partitions, a position and the version in a stream within each', async () => {
  const { db } = database
  const [placed] = await record(database, anOrderPlaced())
  const copy = (columns: string) =>
    db.$executeRawUnsafe(`
    INSERT INTO events (id, position, stream, stream_version, type, version, data, correlation_id, occurred_at)
    SELECT ${columns}, type, version, data, correlation_id, occurred_at FROM events WHERE id = '${placed!.id}'`)
  const other = `'${uuidv7()}', nextval('events_position_seq')`
  await expect(copy("id, nextval('events_position_seq'), stream, 2")).rejects.toThrow('duplicate key')
  await expect(copy(`'${uuidv7()}', position, stream, 2`)).rejects.toThrow('duplicate key')
  await expect(copy(`${other}, stream, stream_version`)).rejects.toThrow('duplicate key')
  await copy(`${other}, stream, 2`)
})

test('positions are drawn on when the first partition is gone', async () => {
  const { db } = database
  await endFirstPartition(database, new Date(Date.now() - MINUTE))
  await makePartitions(db, 'month')
  await db.$executeRaw`ALTER TABLE events DETACH PARTITION events_first`
  await db.$executeRaw`DROP TABLE events_first`
  const [placed] = await record(database, anOrderPlaced())
  expect(await db.event.findMany()).toMatchObject([{ id: placed!.id, position: 1n }])
})

test('while a partition cannot be locked, others go on; it is made once it can', async () => {
  const { db } = database
  await endFirstPartition(database, new Date(Date.now() - MINUTE))
  let end!: () => void
  const reading = db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT FROM events_default`
    await new Promise<void>((resolve) => (end = resolve))
  })
  await deadline('somebody reads', () => end !== undefined)
  const from = (await readPartitions(db)).at(-1)!.to
  const making = makePartition(db, { name: 'next', from, to: leastId(inDays(1)) })
  for (let n = 0; n < 5; n++) await record(database, anOrderPlaced())
  expect(await readPartitions(db)).toHaveLength(1)
  end()
  await reading
  expect(await making).toBe(true)
  expect(await db.$queryRaw`SELECT count(*)::int AS moved FROM events_next`).toEqual([{ moved: 5 }])
})
