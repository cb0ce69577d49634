import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { OrderPlaced } from '#events'
import { uuidv7 } from '#platform/uuid'
import {
  anOrderPlaced,
  attempt,
  daysAgo as ago,
  deadline,
  endFirstPartition,
  PAST_REACTION,
  record,
  storePast as storePastIn,
  sumsOfPast,
  testDatabase,
  type TestDatabase,
} from '#testing'
import { standingOf } from '../deliveries/handled-events.ts'
import { makePartition, makePartitions } from '../event-store/partitions/make-partitions.ts'
import { readPartitions } from '../event-store/partitions/partitions.ts'
import { UnreadableEvent } from '../errors.ts'
import { requestRecovery } from '../deliveries/recovery-requests.ts'
import { holdReaction } from '../reconcile/hold.ts'
import { planReplay } from '../reconcile/plan-replay.ts'
import { replay } from '../reconcile/replay.ts'
import { defineReaction } from '../reactions/define/define-reaction.ts'
import { archiveBefore } from './archive.ts'
import { restoreArchive } from './restore.ts'

let database: TestDatabase
let folder: string
beforeEach(async () => {
  database = await testDatabase()
  folder = await mkdtemp(path.join(tmpdir(), 'fanfare-archive-'))
})
afterEach(async () => {
  await database.close()
  await rm(folder, { recursive: true })
})

const REACTION = PAST_REACTION
const storePast = () => storePastIn(database)
const contents = () => sumsOfPast(database)

const archived = (given: Partial<Parameters<typeof archiveBefore>[0]> = {}) =>
  archiveBefore({
    db: database.db,
    instance: 'test',
    before: ago(29),
    to: folder,
    openAmong: () => Promise.resolve([]),
    ...given,
  })
const restored = (name: string) => restoreArchive({ db: database.db, instance: 'test', place: path.join(folder, name) })

const count = async (table: string) =>
  (await database.db.$queryRawUnsafe<{ count: number }[]>(`SELECT count(*)::int AS count FROM ${table}`))[0]!.count

test('old partitions become files, and come back as they were', async () => {
  await storePast()
  const before = await contents()
  const reports = await archived()
  expect(reports).toMatchObject([
    { name: 'first', outcome: 'archived', events: 30, place: path.join(folder, 'first') },
    { name: 'old', outcome: 'archived', events: 60, place: path.join(folder, 'old') },
  ])
  expect(await count('events')).toBe(90)
  expect(await count('handled_events')).toBe(90)
  expect([await count('deliveries'), await count('delivery_history')]).toEqual([1, 1])
  expect(await readPartitions(database.db)).toHaveLength(4)
  expect(await count('streams WHERE archived = 3')).toBe(30)
  const text = gunzipSync(await readFile(path.join(folder, 'old/events.ndjson.gz'))).toString()
  expect(JSON.parse(text.split('\n')[0]!)).toMatchObject({ specversion: '1.0', position: '31', type: 'order.placed' })
  const sums = await readFile(path.join(folder, 'old/manifest.json'), 'utf8')
  for (const name of ['old', 'first']) await restored(name)
  expect(await contents()).toEqual(before)
  await archived()
  expect(await readFile(path.join(folder, 'old/manifest.json'), 'utf8')).toBe(sums)
})

const linesIn = async (file: string) =>
  gunzipSync(await readFile(file))
    .toString()
    .split('\n')
    .slice(0, -1)

test('an archive that an earlier release wrote comes back, and is written again as it was', async () => {
  const [before, name] = [path.join(import.meta.dirname, 'written-before'), '2026_03_01']
  await endFirstPartition(database, new Date('2026-03-01'))
  await restoreArchive({ db: database.db, instance: 'test', place: path.join(before, name) })
  expect([await count('events'), await count('handled_events'), await count('deliveries')]).toEqual([5, 4, 1])
  expect(await archived()).toMatchObject([{ name: 'first' }, { name, outcome: 'archived', events: 5 }])
  for (const table of ['events', 'handled_events', 'deliveries', 'delivery_history']) {
    const file = path.join(name, `${table}.ndjson.gz`)
    const [lines, again] = [await linesIn(path.join(before, file)), await linesIn(path.join(folder, file))]
    expect(again.map((line) => JSON.parse(line))).toMatchObject(lines.map((line) => JSON.parse(line) as object)) // and new columns
    if (table === 'events') expect(again).toEqual(lines) // also numbers that JavaScript would round
  }
})

test.each([
  [
    'UPDATE reconcile_state SET watermark = 50',
    'reconciliation of test.handle has come to position 50, and its events go to 90',
  ],
  [
    `INSERT INTO projections (name, version, tables, position) VALUES ('test.seen', 1, '', 60)`,
    'the projection test.seen has come to position 60, and its events go to 90',
  ],
  ['UPDATE relay_checkpoints SET position = 89', 'the relay has come to position 89, and its events go to 90'],
  [
    `INSERT INTO deliveries (id, reaction, event_id, state, reason)
     SELECT id, 'test.handle', id, 'dead', 'poison' FROM events WHERE position = 50`,
    'test.handle has 1 of its events in state dead',
  ],
  [
    'DELETE FROM handled_events USING events WHERE event_id = id AND position IN (42, 43)',
    'test.handle has not answered 2 of its events',
  ],
])('a partition is kept after %s', async (statement, reason) => {
  await storePast()
  await database.db.$executeRawUnsafe(statement)
  const before = await contents()
  const reports = await archived()
  expect(reports[1]).toMatchObject({ name: 'old', outcome: 'kept', place: null, reasons: [reason] })
  if (reports[0]!.outcome === 'archived') await restored('first')
  expect(await contents()).toEqual(before)
})

test('a partition is kept while one of its streams is not at its end; a dry run changes nothing', async () => {
  await storePast()
  const before = await contents()
  const openAmong = (streams: readonly string[]) => Promise.resolve(streams.filter((stream) => stream === 'thing-11'))
  expect(await archiveBefore({ db: database.db, instance: 'test', before: ago(29), openAmong })).toMatchObject([
    { name: 'first', outcome: 'ready', reasons: [] },
    { name: 'old', outcome: 'kept', reasons: ['thing-11 is not at an end'] },
  ])
  expect(await contents()).toEqual(before)
})

/** Makes the statement fail that brings an archive into this state, as if the process had died there. */
async function dieAt(operation: 'INSERT' | 'UPDATE' | 'DELETE', state: string) {
  const row = operation === 'DELETE' ? 'OLD' : 'NEW'
  await database.db.$executeRawUnsafe(
    `CREATE OR REPLACE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'died'; END $$`,
  )
  await database.db.$executeRawUnsafe(
    `CREATE TRIGGER die BEFORE ${operation} ON archives FOR EACH ROW WHEN (${row}.state = '${state}') EXECUTE FUNCTION die()`,
  )
  return () => database.db.$executeRawUnsafe('DROP TRIGGER die ON archives')
}

test.each([
  ['INSERT', 'detached'],
  ['UPDATE', 'archived'],
] as const)('died when it wrote %s %s: called again it archives', async (operation, state) => {
  await storePast()
  const before = await contents()
  const goOn = await dieAt(operation, state)
  await expect(archived()).rejects.toThrow('died')
  await goOn()
  await archived({ before: ago(60), to: path.join(folder, 'elsewhere') }) // what was begun is brought to an end where it was
  await archived()
  expect(await count('events')).toBe(90)
  for (const name of ['old', 'first']) await restored(name)
  expect(await contents()).toEqual(before)
})

test('nothing is taken out for a place that cannot be written to; one that has become so is changed by the next call', async () => {
  await storePast()
  const before = await contents()
  const place = path.join(folder, 'disk')
  await writeFile(place, 'a file is no folder')
  await expect(archived({ to: place })).rejects.toThrow(`${place} cannot be written to: EEXIST`)
  expect(await contents()).toEqual(before)
  const goOn = await dieAt('UPDATE', 'archived')
  await rm(place)
  await expect(archived({ to: place })).rejects.toThrow('died')
  await goOn()
  await rm(place, { recursive: true })
  await writeFile(place, 'a file is no folder')
  expect((await archived()).map((report) => report.place)).toEqual(
    ['first', 'old'].map((name) => path.join(folder, name)),
  )
  for (const name of ['old', 'first']) await restored(name)
  expect(await contents()).toEqual(before)
})

test('a partition is kept while one of its events is for a newer release', async () => {
  await storePast()
  const beforeGoing = () => Promise.reject(new UnreadableEvent('newer-version', 'deploy the newer code first'))
  expect(await archived({ beforeGoing })).toMatchObject([
    { outcome: 'kept', reasons: ['one of its events cannot be read: deploy the newer code first'] },
    { outcome: 'kept' },
  ])
})

test('a partition is kept that somebody comes to need while its tables are not to be had', async () => {
  await storePast()
  let isAsked = false
  const neededBy = async () => (isAsked ? ['an endpoint waits for it'] : [])
  const waiting = `pg_locks WHERE relation = 'events'::regclass AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  const { archiving } = await database.db.$transaction(
    async (tx) => {
      await tx.$executeRaw`LOCK TABLE events IN ACCESS SHARE MODE` // somebody reads for a while
      const archiving = archived({ neededBy })
      await deadline('it waits for its tables', async () => (await count(waiting)) > 0)
      isAsked = true
      return { archiving }
    },
    { timeout: 20_000 },
  )
  const kept = { outcome: 'kept', reasons: ['an endpoint waits for it'] }
  expect(await archiving).toMatchObject([kept, kept])
  expect(await count('archives')).toBe(0)
})

test('a partition goes while another one is vacuumed', async () => {
  await storePast()
  const current = (await readPartitions(database.db)).find(({ to }) => to > uuidv7())!.name
  await database.db.$transaction(async (tx) => {
    await tx.$executeRawUnsafe(`LOCK TABLE events_${current} IN SHARE UPDATE EXCLUSIVE MODE`)
    expect(await archived()).toMatchObject([{ outcome: 'archived' }, { outcome: 'archived' }])
  })
})

test('one whose restore was cut short is kept, and says so', async () => {
  await storePast()
  await archived()
  const goOn = await dieAt('DELETE', 'attached')
  await expect(restored('old')).rejects.toThrow('died')
  const [report] = await archived()
  expect(report).toMatchObject({ name: 'old', outcome: 'kept', reasons: [expect.stringContaining('restore it again')] })
  await goOn()
  await restored('old')
})

test('the archive of another database is refused where its positions are taken', async () => {
  await storePast()
  await archived()
  const other = await testDatabase()
  try {
    await endFirstPartition(other, ago(60))
    await record(other, ...Array.from({ length: 40 }, () => anOrderPlaced()))
    await other.db.$executeRaw`INSERT INTO relay_checkpoints VALUES ('relay', 40)`
    const restoring = restoreArchive({ db: other.db, instance: 'test', place: path.join(folder, 'old') })
    await expect(restoring).rejects.toThrow('positions')
    expect(await other.db.archive.count()).toBe(0)
    expect(await other.db.event.count()).toBe(40)
  } finally {
    await other.close()
  }
})

test('in another database an archive is history, and nothing of that database is passed over', async () => {
  await storePast()
  await archived()
  const other = await testDatabase()
  try {
    const restoring = () => restoreArchive({ db: other.db, instance: 'test', place: path.join(folder, 'old') })
    await endFirstPartition(other, ago(60))
    await record(other, anOrderPlaced())
    await expect(restoring()).rejects.toThrow('1 event of this database is not published yet')
    await other.db.$executeRaw`INSERT INTO relay_checkpoints VALUES ('relay', 1)`
    await other.db.$executeRaw`UPDATE leases SET expires_at = 'infinity' WHERE name = 'relay'`
    await expect(restoring()).rejects.toThrow('A relay publishes')
    await other.db.$executeRaw`UPDATE leases SET expires_at = '-infinity'`
    await restoring()
    expect(await other.db.$queryRaw`SELECT position FROM relay_checkpoints`).toEqual([{ position: 90n }])
    await record(other, anOrderPlaced())
    const positions = await other.db.event.findMany({ select: { position: true }, orderBy: { position: 'asc' } })
    expect(positions.map(({ position }) => Number(position))).toEqual([
      1,
      ...Array.from({ length: 60 }, (_, n) => 31 + n),
      91,
    ])
  } finally {
    await other.close()
  }
})

test('what another process fills by now is not attached', async () => {
  await storePast()
  await archived()
  await database.db.$executeRaw`
    CREATE FUNCTION take_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      UPDATE leases SET token = token + 1, holder = 'another' WHERE name = 'archive'; RETURN NEW; END $$`
  await database.db.$executeRaw`
    CREATE TRIGGER take_over BEFORE UPDATE ON archives FOR EACH ROW WHEN (NEW.state = 'restoring') EXECUTE FUNCTION take_over()`
  await expect(restored('old')).rejects.toThrow('it was taken over by another')
  expect((await readPartitions(database.db)).map(({ name }) => name)).not.toContain('old')
})

test.each([
  ['UPDATE', 'restoring'],
  ['UPDATE', 'attached'],
  ['DELETE', 'attached'],
] as const)('died when it wrote %s %s: called again it restores', async (operation, state) => {
  await storePast()
  const before = await contents()
  await archived()
  const goOn = await dieAt(operation, state)
  await expect(restored('old')).rejects.toThrow('died')
  await goOn()
  for (const name of ['first', 'old']) await restored(name)
  expect(await contents()).toEqual(before)
})

test('an archive that is not as it was written is refused', async () => {
  await storePast()
  await archived()
  const file = path.join(folder, 'old/handled_events.ndjson.gz')
  const bytes = await readFile(file)
  await writeFile(file, Buffer.concat([bytes, bytes]))
  await expect(restored('old')).rejects.toThrow('another SHA-256')
  await writeFile(path.join(folder, 'first/manifest.json'), '{}')
  await expect(restored('first')).rejects.toThrow('is not the manifest of an archive')
  await expect(restored('none')).rejects.toThrow('is no archive')
  expect(await count('archives')).toBe(2)
})

test('a message of an archived event has no effect, however late it comes', async () => {
  await storePast()
  const [old] = await database.db.event.findMany({ where: { position: 44 } })
  await archived()
  const reaction = defineReaction({ name: REACTION, on: OrderPlaced, handle: () => anOrderPlaced() })
  const events = await count('events')
  const event = {
    ...anOrderPlaced(),
    id: old!.id,
    streamVersion: 1,
    correlationId: 'c',
    causationId: null,
    traceparent: null,
    time: new Date(),
  }
  expect(await attempt(database, reaction, event)).toMatchObject({ outcomes: [{ kind: 'duplicate' }] })
  expect([await count('events'), await count("handled_events WHERE handled_at > now() - interval '1 hour'")]).toEqual([
    events,
    0,
  ])
  expect(await standingOf(database.db, REACTION, [old!.id, uuidv7()])).toEqual(
    new Map([
      [old!.id, 'handled'],
      [expect.any(String), 'not-in-store'],
    ]),
  )
})

test('an event with an id of archived time is an event like others, and is there after the archive is restored', async () => {
  await storePast()
  await archived()
  const id = uuidv7(ago(40).getTime())
  await database.db.$executeRaw`
    INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, occurred_at)
    VALUES (nextval('events_position_seq'), ${id}::uuid, 'order.placed', 1, 'late', 1, '{}', 'late', now())`
  expect(await standingOf(database.db, REACTION, [id])).toEqual(new Map([[id, 'open']]))
  await restored('old')
  expect(
    await database.db.$queryRaw`SELECT tableoid::regclass::text AS table FROM events WHERE id = ${id}::uuid`,
  ).toEqual([{ table: 'events_old' }])
})

test('when every partition lies in an archive, the next one begins behind them', async () => {
  const { db } = database
  await storePast()
  const all = await readPartitions(db)
  await archived()
  await db.$executeRaw`UPDATE archives SET to_id = ${all.at(-1)!.to}::uuid WHERE name = 'old'`
  for (const { name } of all.slice(2))
    for (const table of ['events', 'handled_events']) await db.$executeRawUnsafe(`DROP TABLE ${table}_${name}`)
  expect(await readPartitions(db)).toEqual([])
  expect(await makePartitions(db, 'month')).toMatchObject({ made: [] })
  expect(
    await makePartition(db, { name: 'next', from: all.at(-1)!.to, to: 'ffffffff-0000-0000-0000-000000000000' }),
  ).toBe(true)
})

test('a replay says that a part of its range is archived', async () => {
  await storePast()
  await archived()
  await expect(planReplay(database.db, { reaction: REACTION })).rejects.toThrow(
    'Events up to position 90 lie in archives.',
  )
  expect(await planReplay(database.db, { reaction: REACTION, from: 90n })).toMatchObject({ events: 90 })
})

test('a replay stops where a part of its range has gone into an archive since it began', async () => {
  const { db } = database
  await storePast()
  await db.$executeRaw`INSERT INTO subscriptions VALUES ('test.late', 'order.placed', 180)`
  await db.$executeRaw`INSERT INTO reconcile_state (reaction, watermark) VALUES ('test.late', 180)`
  const options = { db, reaction: 'test.late', instance: 'test', pageSize: 10, rate: 0.01 }
  let replaying: Promise<unknown> | undefined
  await new Promise<void>((resolve) => {
    replaying = replay({ ...options, onProgress: () => resolve() }).catch((error: Error) => error.message)
  })
  await db.$executeRaw`
    INSERT INTO handled_events SELECT event_id, reaction, now(), 1, 1, 'test' FROM deliveries WHERE reaction = 'test.late'`
  await db.$executeRaw`DELETE FROM deliveries WHERE reaction = 'test.late'`
  expect(await archived()).toMatchObject([{ outcome: 'archived' }, { outcome: 'archived' }])
  await requestRecovery(db, ['test.late']) // makes it go on before its next page is due
  const hold = await deadline('the replay lets go', () => holdReaction(db, 'test.late', 'test'))
  await db.$executeRaw`UPDATE reconcile_state SET recovery_requested_at = NULL WHERE reaction = 'test.late'`
  await hold.release()
  expect(await replaying).toMatch('up to position 90 lie in archives')
  expect(await db.subscription.findMany({ where: { reaction: 'test.late' } })).toMatchObject([{ since: 180n }])
})

test('orders come in and are handled while partitions go and come back', async () => {
  await storePast()
  const reaction = defineReaction({ name: REACTION, on: OrderPlaced, handle: () => null })
  let isOver = false
  const working = (async () => {
    for (let n = 0; !isOver || n < 5; n++) {
      const [event] = await record(database, anOrderPlaced())
      expect(await attempt(database, reaction, event!)).toMatchObject({ outcomes: [{ kind: 'handled' }] })
    }
  })()
  await archived()
  await restored('first')
  await restored('old')
  isOver = true
  await working
})

test('every column of an event goes along', async () => {
  const columns = await database.db.$queryRaw<{ column_name: string }[]>`
    SELECT column_name::text FROM information_schema.columns WHERE table_name = 'events' ORDER BY ordinal_position`
  expect(columns.map(({ column_name: name }) => name)).toEqual(
    'position id type version stream stream_version data correlation_id causation_id traceparent occurred_at published_by actor'.split(
      ' ',
    ),
  )
})
