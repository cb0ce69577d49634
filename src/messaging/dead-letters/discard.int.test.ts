import { FraudCleared, OrderPlaced } from '#events'
import { defineReaction, discard, readStory, redrive, restore, Unrecoverable, type DeadLetterContext } from '#messaging'
import { anOrderPlaced, deadline, record, testSystem, type TestSystem } from '#testing'
import { CONTENT_TYPE, encode } from '../cloud-event.ts'

let system: TestSystem
let context: DeadLetterContext
let broken = true
/** The events whose handling has had an effect. */
const handled = async () =>
  (await system.db.event.findMany({ where: { type: 'fraud.cleared' }, orderBy: { position: 'asc' } })).map(
    (effect) => effect.causationId,
  )

const picky = defineReaction({
  name: 'test.picky',
  on: OrderPlaced,
  publishes: FraudCleared,
  handle({ data: { orderId } }) {
    if (broken) throw new Unrecoverable('not like this')
    return FraudCleared({ orderId, score: 0 })
  },
})

beforeEach(async () => {
  broken = true
  system = await testSystem([picky])
  context = { db: system.db, operator: 'ada' }
})
afterEach(() => system.close())

const deliveries = (where = {}) => system.db.delivery.findMany({ where })

test('discarded means not handled, not even by a copy that is still on the broker; restored means dead again', async () => {
  const [event] = await record(system, anOrderPlaced())
  await system.settled()
  const [letter] = await deliveries()
  const result = await discard(context, picky.name, { ids: [letter!.id] }, 'a test order')
  expect(result).toMatchObject({ outcome: 'done', discarded: 1, alreadyHandled: 0 })
  expect(await readStory(system.db, event!.correlationId)).toMatchObject([
    { reactions: [{ state: 'discarded', handledAt: null, history: [{ what: 'dead' }, { what: 'discarded' }] }] },
  ])
  expect(await redrive(context, picky.name, { all: true })).toMatchObject({ total: 0 })
  broken = false
  const body = encode(event!, JSON.stringify(event!.data))
  const copy = { exchange: '', routingKey: system.names.queue(picky.name), messageId: event!.id }
  await system.broker.publish([{ ...copy, contentType: CONTENT_TYPE, body }])
  const [later] = await record(system, anOrderPlaced())
  await deadline('the later one is handled', async () => (await handled()).length > 0)
  expect(await handled()).toEqual([later!.id])
  expect(await deliveries()).toMatchObject([{ state: 'discarded', actionId: result.actionId }])

  expect(await restore(context, picky.name, { ids: [event!.id] }, 'not a test order')).toMatchObject({ restored: 1 })
  expect(await deliveries()).toMatchObject([{ state: 'dead', closedAt: null }])
  expect(await redrive(context, picky.name, { all: true })).toMatchObject({ handled: 1 })
  expect(await handled()).toEqual([later!.id, event!.id])
  await expect(restore(context, picky.name, { ids: [event!.id] })).rejects.toThrow(/no discarded one that fits/)
  expect(
    await system.db.operatorAction.findMany({ where: { phase: 'finished' }, orderBy: { id: 'asc' } }),
  ).toMatchObject([
    { action: 'discard', operator: 'ada', reason: 'a test order', result: { discarded: 1 } },
    { action: 'redrive', result: { total: 0 } },
    { action: 'restore', reason: 'not a test order', result: { restored: 1 } },
    { action: 'redrive', result: { handled: 1 } },
    { action: 'restore', outcome: 'failed' },
  ])
})

test('an event that was handled is resolved, not discarded, and never restored', async () => {
  const [event] = await record(system, anOrderPlaced())
  await system.settled()
  await system.stopReactions() // a second copy of the message would resolve it first
  const row = {
    eventId: event!.id,
    reaction: picky.name,
    handledAt: new Date(),
    durationUs: 1,
    attempt: 1,
    instance: 'x',
  }
  await system.db.handledEvent.create({ data: row })
  const result = await discard(context, picky.name, { all: true }, 'tidying up')
  expect(result).toMatchObject({ discarded: 0, alreadyHandled: 1 })
  expect(await deliveries()).toMatchObject([{ state: 'resolved' }])
  await system.db.delivery.updateMany({ data: { state: 'discarded' } })
  await expect(restore(context, picky.name, { all: true })).rejects.toThrow(/is not handled/)
})

test('what is held can be discarded by its id, and comes back as held', async () => {
  const [event] = await record(system, anOrderPlaced())
  await system.settled()
  await system.db.delivery.updateMany({ data: { state: 'held', failedAt: null } })
  expect(await discard(context, picky.name, { all: true }, 'why not')).toMatchObject({ discarded: 0 })
  expect(await discard(context, picky.name, { ids: [event!.id] }, 'waits for ever')).toMatchObject({ discarded: 1 })
  await restore(context, picky.name, { all: true })
  expect(await deliveries()).toMatchObject([{ state: 'held' }])
})

test('it takes a reason and a selector', async () => {
  await expect(discard(context, picky.name, { all: true }, ' ')).rejects.toThrow(/say why/)
  await expect(discard(context, picky.name, {}, 'because')).rejects.toThrow(/which ones are meant/)
})
