import { randomBytes } from 'node:crypto'
import { createNames, createRabbitMq, startRelay } from '#messaging'
import { openDatabase, type OpenDatabase } from '#platform/database'
import { createLogger } from '#platform/log/logger'
import { Prisma } from '#prisma'
import { anOrderPlaced, deadline, placeOf, record, requireTestService, tcpProxy, testDatabase } from '#testing'
import { holdReaction } from '../reconcile/hold.ts'
import { writeCheckpoint } from '../relay/checkpoint.ts'
import { acquireRelayLease } from '../relay/relay-lease.ts'
import { acquireLease } from './lease.ts'

const log = createLogger('test', 'silent')

/** Releases what a test has opened, the last first, also when it failed. */
const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

test('confirms that take longer than the lease: one relay keeps it and gets on, whoever stands by', async () => {
  const database = await testDatabase()
  opened.push(database.close)
  const url = requireTestService('TEST_RABBITMQ_URL')
  const proxy = await tcpProxy(placeOf(url), () => 0.5)
  opened.push(proxy.close)
  const names = createNames(`test-${randomBytes(4).toString('hex')}`)
  opened.push(async () => {
    const broker = createRabbitMq({ url, name: 'cleaner', log })
    const marks = (await database.db.brokerMarker.findMany()).map(({ incarnation }) => names.mark(incarnation))
    await broker.destroy({ exchanges: [...marks, names.exchange('order.placed')], queues: [], bindings: [] })
    await broker.close()
  })
  for (const instance of ['one', 'two']) {
    const broker = createRabbitMq({ url: proxy.through(url), name: instance, log })
    const relay = startRelay({ ...database, broker, names, log, instance, pollMs: 100 })
    opened.push(broker.close, relay.stop)
  }
  opened.push(async () => proxy.delay(0))
  const lease = () => database.db.lease.findUniqueOrThrow({ where: { name: 'relay' } })
  const publishedTo = async () => (await database.db.relayCheckpoint.findFirst())?.position
  await record(database, anOrderPlaced())
  await deadline('the first is published', async () => (await publishedTo()) === 1n)
  const before = await lease()

  proxy.delay(2_000) // there and back: longer than the lease
  for (let i = 0; i < 3; i++) await record(database, anOrderPlaced())
  await deadline('all are published', async () => (await publishedTo()) === 4n, { within: 60_000 })
  expect(await lease()).toMatchObject({ token: before.token, holder: before.holder })
})

async function openTestDatabase() {
  const database = await testDatabase()
  opened.push(database.close)
  return database
}

const failOver = ({ db }: OpenDatabase) => db.$executeRaw`
  CREATE OR REPLACE FUNCTION wal_timeline() RETURNS text LANGUAGE sql AS $$ SELECT '00000002' $$`

/** A lease of no particular kind, and a statement that is written under it. */
async function acquire({ db }: OpenDatabase, holder: string, leaseMs: number) {
  const acquired = await acquireLease({ db, name: 'test', holder, leaseMs, begin: async () => {} })
  if (acquired) opened.push(acquired.lease.release)
  return acquired?.lease
}
const note = Prisma.sql`UPDATE relay_checkpoints SET position = position + 1 FROM held WHERE relay_checkpoints.name = 'test'`

test('a lease is renewed while its holder waits, and is free at once when it lets go', async () => {
  const database = await openTestDatabase()
  const endsAt = async () => (await database.db.lease.findUniqueOrThrow({ where: { name: 'test' } })).expiresAt
  const first = await acquire(database, 'one', 3_000)
  const taken = await endsAt()
  await deadline('it is renewed', async () => (await endsAt()) > taken)
  expect(first!.isSure).toBe(true)
  expect(await acquire(database, 'two', 3_000)).toBeUndefined()
  await first!.release()
  expect((await acquire(database, 'two', 3_000))!.token).toBeGreaterThan(first!.token)
})

test('whoever has let go, or was taken for dead, writes nothing any more', async () => {
  const database = await openTestDatabase()
  const { db } = database
  await db.relayCheckpoint.create({ data: { name: 'test' } })
  const released = await acquire(database, 'one', 60_000)
  expect(await released!.write(note)).toBe(true)
  await released!.release()
  expect(await released!.write(note)).toBe(false)

  const frozen = await acquire(database, 'two', 60_000)
  await db.lease.update({ where: { name: 'test' }, data: { expiresAt: new Date(0) } })
  const next = await acquire(database, 'three', 60_000)
  await expect(db.$transaction((tx) => frozen!.write(note, tx))).resolves.toBe(false)
  expect(frozen!.ended).toBe('it was taken over by three')
  await expect(frozen!.confirm()).rejects.toThrow('taken over by three')
  expect(await next!.write(note)).toBe(true)
  expect(await db.relayCheckpoint.findFirst()).toMatchObject({ position: 2n })
})

/** Takes the lease as a relay does, and tells what it found. */
async function takeRelay({ db }: OpenDatabase, instance: string) {
  const found: { reason: string; checkpoint: bigint }[] = []
  const onOtherStore = async (_: unknown, what: (typeof found)[number]) => void found.push(what)
  const acquired = await acquireRelayLease({ db, instance, onOtherStore })
  if (acquired) opened.push(acquired.lease.release)
  return { ...acquired, found }
}

test('a relay under another timeline moves nothing, and the next one is told', async () => {
  const database = await openTestDatabase()
  await record(database, anOrderPlaced())
  const { lease, found } = await takeRelay(database, 'one')
  expect(await writeCheckpoint(lease!, 1n)).toBe(true)
  expect(found).toEqual([])
  await lease!.release()

  await database.db.$executeRaw`UPDATE leases SET timeline = '0000000F'` // as the row of another primary
  const next = await takeRelay(database, 'two')
  expect(next.found).toEqual([{ reason: expect.stringContaining('timeline 0000000F, now 00000001'), checkpoint: 1n }])
  expect((await takeRelay(database, 'three')).lease).toBeUndefined()

  await failOver(database)
  expect(await writeCheckpoint(next.lease!, 1n)).toBe(false)
  expect(next.lease).toMatchObject({ isSure: false, ended: expect.stringContaining('timeline 00000001, now 00000002') })
})

test('a checkpoint beyond the positions that were handed out is refused, and one that stands there is taken back', async () => {
  const database = await openTestDatabase()
  await record(database, anOrderPlaced(), anOrderPlaced())
  const { lease } = await takeRelay(database, 'one')
  expect(await writeCheckpoint(lease!, 3n)).toBe(false)
  expect(lease!.ended).toContain('positions run backwards')
  await lease!.release()

  await database.db.$executeRaw`UPDATE relay_checkpoints SET position = 70`
  const next = await takeRelay(database, 'two')
  expect(next.position).toBe(2n)
  expect(next.found).toEqual([{ reason: expect.stringContaining('published up to 70, drawn up to 2'), checkpoint: 2n }])
})

test('where the timeline cannot be asked for, the lease works without', async () => {
  const database = await openTestDatabase()
  await database.db.$executeRaw`
    CREATE OR REPLACE FUNCTION wal_timeline() RETURNS text LANGUAGE sql AS $$ SELECT NULL::text $$`
  await record(database, anOrderPlaced())
  const { lease, found } = await takeRelay(database, 'one')
  expect(await writeCheckpoint(lease!, 1n)).toBe(true)
  expect(found).toEqual([])
})

test('what was found to be settled before a failover moves no watermark after it', async () => {
  const database = await openTestDatabase()
  const { db } = database
  await db.relayCheckpoint.create({ data: { name: 'relay', position: 10n } })
  const hold = await holdReaction(db, 'test.any', 'test')
  opened.push(hold!.release)
  expect(await holdReaction(db, 'test.any', 'another')).toBeUndefined()
  await hold!.moveTo(5n)
  await failOver(database)
  await expect(hold!.moveTo(10n)).rejects.toThrow('has failed over')
  await expect(db.$transaction((tx) => hold!.noteReplayed(tx, 10n))).rejects.toThrow('has failed over')
  expect(await db.reconcileState.findFirst()).toMatchObject({ watermark: 5n, replayedTo: null })
})

test('who stands by does not hold up the holder, however slow its connection is', async () => {
  const database = await openTestDatabase()
  const begin = async () => {}
  const options = { name: 'any', leaseMs: 2_000, begin }
  const { lease } = (await acquireLease({ ...options, db: database.db, holder: 'one' }))!
  opened.push(lease.release)
  const proxy = await tcpProxy(placeOf(database.url), () => 0.5)
  opened.push(proxy.close)
  const far = openDatabase(proxy.through(database.url))
  opened.push(far.close)
  await far.db.$executeRaw`SELECT 1`
  proxy.delay(1_000)
  let answer: unknown = 'none'
  const asked = acquireLease({ ...options, db: far.db, holder: 'two' }).then((acquired) => (answer = acquired))
  const ended: (string | undefined)[] = []
  await deadline('answered', () => (ended.push(lease.ended), answer !== 'none'))
  await asked
  proxy.delay(0)
  expect(answer).toBeUndefined()
  expect(ended.filter((reason) => reason !== undefined)).toEqual([])
})
