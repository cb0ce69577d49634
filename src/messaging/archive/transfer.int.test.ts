import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { anOrderConfirmed, anOrderPlaced, record, testDatabase, type TestDatabase } from '#testing'
import { uuidv7 } from '#platform/uuid'
import { acquireLease } from '../lease/lease.ts'
import { readEvents } from '../relay/reading/read-events.ts'
import { exportEvents } from './export-events.ts'
import { importEvents } from './import-events.ts'

let source: TestDatabase
let target: TestDatabase
let folder: string
beforeEach(async () => {
  source = await testDatabase()
  target = await testDatabase()
  folder = await mkdtemp(path.join(tmpdir(), 'fanfare-log-'))
})
afterEach(async () => {
  await source.close()
  await target.close()
  await rm(folder, { recursive: true })
})

const written = (name = 'log.ndjson.gz') => path.join(folder, name)
const exported = (given: object = {}, name?: string) => exportEvents({ db: source.db, file: written(name), ...given })
const imported = (name?: string) => importEvents({ db: target.db, instance: 'test', file: written(name) })
const contents = ({ db }: TestDatabase) => db.event.findMany({ orderBy: { position: 'asc' } })

async function storeSome(orders: number) {
  for (let n = 0; n < orders; n++) {
    const orderId = uuidv7()
    await record(source, anOrderPlaced({ orderId }), anOrderConfirmed({ orderId }))
    await source.db.$executeRaw`SELECT nextval('events_position_seq')` // a rollback
  }
  await source.db
    .$executeRaw`INSERT INTO relay_checkpoints SELECT 'relay', max(position) FROM events ON CONFLICT (name) DO UPDATE SET position = excluded.position`
}

test('the whole log goes to an empty database as it is, and the next event comes behind it', async () => {
  await storeSome(3)
  await target.db.$executeRaw`INSERT INTO subscriptions VALUES ('test.handle', 'order.placed', 0)`
  expect(await exported()).toMatchObject({ events: 6, upTo: 8n, archivedUpTo: null })
  expect(await imported()).toEqual({ events: 6, known: 0, lastPosition: 8n })
  expect(await contents(target)).toEqual(await contents(source))
  expect(await target.db.stream.findMany({ orderBy: { stream: 'asc' } })).toEqual(
    await source.db.stream.findMany({ orderBy: { stream: 'asc' } }),
  )
  expect(await target.db.relayCheckpoint.findMany()).toEqual([{ name: 'relay', position: 8n }])
  expect(await target.db.subscription.findMany()).toMatchObject([{ since: 8n }])
  const [next] = await record(target, anOrderPlaced())
  const { rows } = await readEvents(target.db, 8n, 10)
  expect(rows).toMatchObject([{ id: next!.id, position: 9n }])
})

test('a call that was killed is called again', async () => {
  await storeSome(3)
  await exported({}, 'log.ndjson')
  const lines = (await readFile(written('log.ndjson'), 'utf8')).split('\n')
  await writeFile(written('half.ndjson'), lines.slice(0, 3).join('\n'))
  expect(await imported('half.ndjson')).toMatchObject({ events: 3, known: 0 })
  expect(await imported('log.ndjson')).toMatchObject({ events: 3, known: 3 })
  expect(await contents(target)).toEqual(await contents(source))
})

test('a part of the log: a stream that lacks its beginning says so', async () => {
  await storeSome(2)
  const { events } = await exported({ types: ['order.confirmed'], after: 2n })
  expect(events).toBe(1)
  await imported()
  expect(await target.db.stream.findMany()).toMatchObject([{ version: 2, archived: 1 }])
  await exported({}, 'rest.ndjson')
  await importEvents({ db: target.db, instance: 'test', file: written('rest.ndjson') })
  expect(await target.db.stream.findMany({ where: { archived: 0, version: 2 } })).toHaveLength(2)
})

test('what cannot be a log, or would clash with another, is refused', async () => {
  await storeSome(1)
  await exported()
  await writeFile(written('no.ndjson'), 'something\n')
  await expect(imported('no.ndjson')).rejects.toThrow('Not a line of an export: something')
  await record(target, anOrderPlaced())
  await target.db.$executeRaw`INSERT INTO relay_checkpoints VALUES ('relay', 1)`
  await expect(imported()).rejects.toThrow('A position from 1 to 2 belongs to another event')
  expect(await target.db.event.count()).toBe(1)
})

test('nothing is imported in front of events that are not published or not handled yet', async () => {
  await storeSome(3)
  await exported({ after: 2n })
  await target.db.$executeRaw`INSERT INTO subscriptions VALUES ('test.handle', 'order.placed', 0)`
  const [own] = await record(target, anOrderPlaced())
  await expect(imported()).rejects.toThrow('1 event of this database is not published yet')
  await target.db.$executeRaw`INSERT INTO relay_checkpoints VALUES ('relay', 1)`
  await expect(imported()).rejects.toThrow('test.handle has not handled 1 event of this database')
  expect(await target.db.subscription.findMany()).toMatchObject([{ since: 0n }])
  await target.db.$executeRaw`INSERT INTO handled_events VALUES (${own!.id}::uuid, 'test.handle', now(), 1, 1, 'test')`
  expect(await imported()).toMatchObject({ events: 4 })
})

test('a file that was cut off is refused', async () => {
  await storeSome(3)
  await exported()
  const bytes = await readFile(written())
  await writeFile(written(), bytes.subarray(0, bytes.length - 20))
  await expect(imported()).rejects.toThrow('unexpected end of file')
})

test('nothing is imported while a relay publishes', async () => {
  await storeSome(1)
  await exported()
  const held = await acquireLease({
    db: target.db,
    name: 'relay',
    holder: 'relay',
    leaseMs: 60_000,
    begin: () => Promise.resolve(),
  })
  await expect(imported()).rejects.toThrow('A relay publishes')
  await held!.lease.release()
  expect(await imported()).toMatchObject({ events: 2 })
})
