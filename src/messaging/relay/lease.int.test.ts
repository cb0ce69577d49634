import { randomBytes } from 'node:crypto'
import { createNames, createRabbitMq, startRelay } from '#messaging'
import type { OpenDatabase } from '#platform/database'
import { createLogger } from '#platform/logger'
import { anOrderPlaced, deadline, placeOf, record, requireTestService, tcpProxy, testDatabase } from '#testing'
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
    const relay = startRelay({ ...database, broker, names, log, instance })
    opened.push(broker.close, relay.stop)
  }
  opened.push(async () => proxy.delay(0))
  const lease = () => database.db.relayLease.findFirstOrThrow()
  const publishedTo = async () => (await database.db.relayLease.findFirst())?.position
  await record(database, anOrderPlaced())
  await deadline('the first is published', async () => (await publishedTo()) === 1n)
  const before = await lease()

  proxy.delay(2_000) // there and back: longer than the lease
  for (let i = 0; i < 3; i++) await record(database, anOrderPlaced())
  await deadline('all are published', async () => (await publishedTo()) === 4n, { within: 25_000 })
  expect(await lease()).toMatchObject({ token: before.token, holder: before.holder })
})

/** Takes the lease as a relay does, and tells what it found. */
async function take({ db }: OpenDatabase, holder: string) {
  const found: { reason: string; checkpoint: bigint }[] = []
  const onOtherStore = async (_: unknown, what: (typeof found)[number]) => void found.push(what)
  const lease = await acquireLease({ db, name: 'relay', holder, onOtherStore })
  if (lease) opened.push(lease.release)
  return { lease, found }
}

test('a lease taken under another timeline moves nothing, and the next holder is told', async () => {
  const database = await testDatabase()
  opened.push(database.close)
  await record(database, anOrderPlaced())
  const { lease, found } = await take(database, 'one')
  expect(await lease!.advance(1n)).toBe(true)
  expect(found).toEqual([])
  await lease!.release()

  await database.db.$executeRaw`UPDATE relay_leases SET timeline = '0000000F'` // as the row of another primary
  const next = await take(database, 'two')
  expect(next.found).toEqual([{ reason: expect.stringContaining('timeline 0000000F, now 00000001'), checkpoint: 1n }])
  expect((await take(database, 'three')).lease).toBeUndefined()

  await database.db.$executeRaw`
    CREATE OR REPLACE FUNCTION wal_timeline() RETURNS text LANGUAGE sql AS $$ SELECT '00000002' $$`
  expect(await next.lease!.advance(1n)).toBe(false)
  expect(next.lease).toMatchObject({ isSure: false, ended: expect.stringContaining('timeline 00000001, now 00000002') })
})

test('a checkpoint beyond the positions that were handed out is refused, and one that stands there is taken back', async () => {
  const database = await testDatabase()
  opened.push(database.close)
  await record(database, anOrderPlaced(), anOrderPlaced())
  const { lease } = await take(database, 'one')
  expect(await lease!.advance(3n)).toBe(false)
  expect(lease!.ended).toContain('positions run backwards')
  await lease!.release()

  await database.db.$executeRaw`UPDATE relay_leases SET position = 70`
  const next = await take(database, 'two')
  expect(next.lease!.position).toBe(2n)
  expect(next.found).toEqual([{ reason: expect.stringContaining('published up to 70, drawn up to 2'), checkpoint: 2n }])
})

test('where the timeline cannot be asked for, the lease works without', async () => {
  const database = await testDatabase()
  opened.push(database.close)
  await database.db.$executeRaw`
    CREATE OR REPLACE FUNCTION wal_timeline() RETURNS text LANGUAGE sql AS $$ SELECT NULL::text $$`
  await record(database, anOrderPlaced())
  const { lease, found } = await take(database, 'one')
  expect(await lease!.advance(1n)).toBe(true)
  expect(found).toEqual([])
})
