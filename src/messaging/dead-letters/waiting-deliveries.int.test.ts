import { OrderPlaced } from '#events'
import {
  defineReaction,
  groupWaiting,
  hold,
  listReactions,
  listWaiting,
  planWaiting,
  reconcile,
  retryNow,
  type DeadLetterContext,
} from '#messaging'
import { anOrderPlaced, deadline, record, testSystem, type TestSystem } from '#testing'
import { recordHandled } from '../deliveries/handled-events.ts'

let system: TestSystem
let context: DeadLetterContext
let broken = true
const slow = defineReaction({
  name: 'test.slow',
  on: OrderPlaced,
  retry: { attempts: 5 },
  handle() {
    if (broken) throw new Error('the shelf is locked')
  },
})

beforeEach(async () => {
  broken = true
  system = await testSystem([slow], { retryDelays: [600_000] })
  context = { db: system.db, operator: 'ada' }
})
afterEach(() => system.close())

async function failedOnce(count: number) {
  const events = await record(system, ...Array.from({ length: count }, () => anOrderPlaced()))
  const failed = { state: 'retrying', attempts: 1, claimedBy: null }
  await deadline('all failed', async () => (await system.db.delivery.count({ where: failed })) === count)
  return events
}

const states = async () => (await system.db.delivery.findMany()).map(({ state }) => state)

test('tells what is retried, when and why, and groups it by cause', async () => {
  const [event] = await failedOnce(2)
  const waiting = await listWaiting(system.db)
  expect(waiting).toMatchObject([
    {
      reaction: slow.name,
      eventType: 'order.placed',
      state: 'retrying',
      attempts: 1,
      error: 'Error: the shelf is locked',
    },
    { inHandsOf: null, behind: null, reason: 'failed' },
  ])
  expect(waiting.map(({ eventId }) => eventId)).toContain(event!.id)
  expect(waiting[0]!.dueInMs).toBeGreaterThan(500_000)
  const [group] = await groupWaiting(system.db, slow.name)
  expect(group).toMatchObject({ reaction: slow.name, state: 'retrying', reason: 'failed', count: 2 })
  expect(await planWaiting(system.db, slow.name, { group: group!.fingerprint! })).toMatchObject({ retrying: 2 })
  expect(await listWaiting(system.db, 'test.nobody')).toEqual([])
})

test('retried at once after the repair, and no redrive is on record', async () => {
  const [event] = await failedOnce(2)
  broken = false
  expect(await retryNow(context, slow.name, { ids: [event!.id] }, 'unlocked')).toMatchObject({ changed: 1 })
  await deadline('handled', () => system.db.handledEvent.findFirst({ where: { eventId: event!.id, attempt: 2 } }))
  expect(await retryNow(context, slow.name, { all: true })).toMatchObject({ changed: 1 })
  await system.settled()
  expect(await states()).toEqual([])
  expect(
    await system.db.deliveryHistory.findMany({ where: { eventId: event!.id }, orderBy: { id: 'asc' } }),
  ).toMatchObject([
    { what: 'failed', attempt: 1 },
    { what: 'retried', instance: 'operator ada' },
  ])
})

test('held is not delivered until it is retried', async () => {
  const [event] = await failedOnce(1)
  expect(await hold(context, slow.name, { all: true }, 'the supplier asks for it')).toMatchObject({ changed: 1 })
  expect(await hold(context, slow.name, { all: true })).toMatchObject({ changed: 0 })
  broken = false
  const [later] = await record(system, anOrderPlaced())
  await deadline('a later one is handled', () => system.db.handledEvent.findFirst({ where: { eventId: later!.id } }))
  expect(await listWaiting(system.db)).toMatchObject([
    { eventId: event!.id, state: 'held', dueInMs: null, attempts: 1 },
  ])
  expect(await listReactions(system.db)).toEqual([])
  await retryNow(context, slow.name, { all: true })
  await system.settled()
  expect(await states()).toEqual([])
})

test('what a worker has in hand is left alone', async () => {
  await failedOnce(1)
  const dueAt = new Date(Date.now() + 60_000)
  await system.db.delivery.updateMany({ data: { claimedBy: 'worker@elsewhere', dueAt } })
  expect(await listWaiting(system.db)).toMatchObject([{ inHandsOf: 'worker@elsewhere', dueInMs: null }])
  expect(await planWaiting(system.db, slow.name, { all: true })).toEqual({
    retrying: 0,
    blocked: 0,
    held: 0,
    inHand: 1,
  })
  for (const change of [hold, retryNow])
    expect(await change(context, slow.name, { all: true })).toMatchObject({ changed: 0 })
  expect(await system.db.delivery.findMany()).toMatchObject([{ state: 'retrying', dueAt }])
})

test('what is handled in the moment of holding it is not held: reconciliation resolves it, and so does a retry', async () => {
  const events = await failedOnce(2)
  for (const [index, event] of events.entries()) {
    const entries = [{ event, attempt: 2, durationUs: 1 }]
    await system.db.$transaction(async (tx) => {
      await recordHandled(tx, slow.name, 'test', entries)
      expect(await hold(context, slow.name, { ids: [event.id] })).toMatchObject({ changed: 1 })
    })
    if (index === 0) await retryNow(context, slow.name, { all: true })
    else await reconcile({ ...system, instance: 'test' })
    expect(await system.db.delivery.findMany({ where: { eventId: event.id } })).toMatchObject([{ state: 'resolved' }])
  }
})
