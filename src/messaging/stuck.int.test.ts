import {
  defineReaction,
  findStuck,
  readStory,
  redrive,
  retire,
  RetryLater,
  subscribe,
  tellCause,
  Unrecoverable,
} from '#messaging'
import { OrderPlaced, PaymentAuthorized } from '#events'
import { anOrderPlaced, aPaymentAuthorized, deadline, record, testSystem, type TestSystem, named } from '#testing'

let system: TestSystem
afterEach(() => system.close())

const kinds = async (options = {}) =>
  (await findStuck(system.db, options)).map(({ kind, reaction, conversations }) => [kind, reaction, conversations])

test('a failed attempt shows at once, grouped by cause, with its next try', async () => {
  const failing = defineReaction({
    name: 'test.failing',
    on: OrderPlaced,
    handle({ data }) {
      if (data.customer.name === 'never') throw new Unrecoverable('card 4711 is closed')
      throw new Error(`no answer for order ${data.orderId}`)
    },
  })
  system = await testSystem([failing], { retryDelays: [60_000] })
  const names = ['never', 'never', 'again', 'again', 'again']
  await record(system, ...names.map((name) => anOrderPlaced({ customer: named(name) })))
  await deadline('all five have failed', async () => (await system.db.delivery.count()) === 5)
  const causes = await findStuck(system.db)
  expect(causes).toHaveLength(2)
  expect(causes).toContainEqual(
    expect.objectContaining({ kind: 'dead', reaction: 'test.failing', conversations: 2, attempts: 1 }),
  )
  expect(causes).toContainEqual(
    expect.objectContaining({
      kind: 'retrying',
      conversations: 3,
      nextAt: expect.any(Date),
      example: expect.any(String),
    }),
  )
  await system.db.delivery.updateMany({ where: { state: 'dead' }, data: { state: 'discarded' } })
  expect(await kinds()).toEqual([
    ['retrying', 'test.failing', 3],
    ['discarded', 'test.failing', 2],
  ])
})

test('what is put off again and again is told, with what it waits for', async () => {
  const waiting = defineReaction({
    name: 'test.waiting',
    on: OrderPlaced,
    handle: () => Promise.reject(new RetryLater(100, 'other refunds are under way')),
  })
  system = await testSystem([waiting])
  const [{ correlationId } = { correlationId: '' }] = await record(system, anOrderPlaced())
  await deadline('it is put off', async () => (await system.db.delivery.count()) === 1)
  expect(await kinds()).toEqual([]) // it may be over in a moment
  await system.db.delivery.updateMany({ data: { firstFailedAt: new Date(Date.now() - 3_600_000) } })
  const [cause] = await findStuck(system.db)
  expect(cause).toMatchObject({ kind: 'postponed', reaction: 'test.waiting', example: correlationId })
  expect(tellCause(cause!, () => true)).toMatch(/^test.waiting and order.placed: .*: other refunds are under way$/)
  expect(Date.now() - cause!.since.getTime()).toBeGreaterThan(3_500_000)
  const [placed] = await readStory(system.db, correlationId)
  expect(placed!.reactions).toMatchObject([{ state: 'retrying', error: 'RetryLater: other refunds are under way' }])
})

test('a reaction that nobody runs, and a relay that does not publish, are told', async () => {
  const nobody = defineReaction({ name: 'test.nobody', on: OrderPlaced, handle: () => {} })
  system = await testSystem([])
  await subscribe(system.db, [nobody])
  await record(system, anOrderPlaced(), anOrderPlaced(), anOrderPlaced())
  await deadline('published', async () => (await system.db.relayCheckpoint.findFirst())?.position === 3n)
  expect(await kinds()).toEqual([])
  expect(await kinds({ patienceMs: 0 })).toEqual([['waiting', 'test.nobody', 3]])
  expect(await findStuck(system.db, { patienceMs: 0, most: 2 })).toMatchObject([{ conversations: 2, more: true }])
  await system.db.$transaction(async (tx) => {
    await tx.relayCheckpoint.updateMany({ data: { position: 0n } }) // in here the relay does not put it right
    const stuck = { kind: 'unpublished', conversations: 3, more: false }
    expect(await findStuck(tx, { patienceMs: 0 })).toMatchObject([stuck])
    expect(await findStuck(tx, { patienceMs: 0, most: 2 })).toMatchObject([{ ...stuck, conversations: 2, more: true }])
  })
})

test('what was begun for a reaction or a type whose code is gone is told, and a retired type is not redriven', async () => {
  const on = [OrderPlaced, PaymentAuthorized]
  const gone = defineReaction({ name: 'test.gone', on, handle: () => Promise.reject(new Unrecoverable('no')) })
  system = await testSystem([])
  await subscribe(system.db, [gone])
  const context = { db: system.db, operator: 'ada' }
  const running = await system.run(gone)
  await record(system, aPaymentAuthorized(), anOrderPlaced())
  await deadline('dead', async () => (await system.db.delivery.count({ where: { state: 'dead' } })) === 2)
  await running.stop()
  expect((await kinds()).map(([kind]) => kind)).toEqual(['dead', 'dead'])
  await retire(system, gone.name, PaymentAuthorized.type)
  const redriven = await redrive(context, gone.name, { all: true }, { waitMs: 0 })
  expect(redriven).toMatchObject({ total: 2, sent: 1, skipped: 1 })
  await system.db.delivery.updateMany({ where: { state: 'retrying' }, data: { dueAt: new Date(0) } })
  const told = (await findStuck(system.db)).map(({ kind, eventType }) => `${kind} ${eventType}`)
  expect(new Set(told)).toEqual(new Set([`dead ${PaymentAuthorized.type}`, `overdue ${OrderPlaced.type}`]))
})
