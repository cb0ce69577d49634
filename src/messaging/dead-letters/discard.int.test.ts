import { FraudCleared, OrderPlaced } from '#events'
import { defineReaction, discard, readStory, redrive, Unrecoverable, type DeadLetterContext } from '#messaging'
import { anOrderPlaced, deadline, record, testSystem, type TestSystem } from '#testing'

jest.setTimeout(30_000)

let system: TestSystem
let context: DeadLetterContext
let broken = true
/** The events whose handling has had an effect. */
const handled = async () =>
  (await system.db.event.findMany({ where: { type: 'fraud.cleared' } })).map((effect) => effect.causationId)

const picky = defineReaction({
  name: 'test.picky',
  on: OrderPlaced,
  handle({ data: { orderId } }) {
    if (broken) throw new Unrecoverable('not like this')
    return FraudCleared({ orderId, score: 0 })
  },
})

beforeEach(async () => {
  broken = true
  system = await testSystem([picky])
  context = { ...system, ladder: [50, 200], operator: 'ada' }
})
afterEach(() => system.close())

test('discarded means never handled, not even by a copy that is still on the broker', async () => {
  const [event] = await record(system, anOrderPlaced())
  await system.settled()
  const letter = await system.db.deadLetter.findFirstOrThrow()
  const result = await discard(context, picky.name, { ids: [letter.id] }, 'a test order')
  expect(await readStory(system.db, event!.correlationId)).toMatchObject([
    { reactions: [{ state: 'dead', handledAt: null, deadLetters: [{ status: 'discarded' }] }] },
  ])
  expect(result).toMatchObject({ outcome: 'done', discarded: 1, alreadyHandled: 0 })
  expect(await redrive(context, picky.name, { all: true })).toMatchObject({ total: 0 })
  broken = false
  await system.broker.publish([
    {
      exchange: '',
      routingKey: system.names.queue(picky.name),
      messageId: event!.id,
      contentType: letter.contentType!,
      body: Buffer.from(letter.body),
    },
  ])
  const [later] = await record(system, anOrderPlaced())
  await deadline('the later one is handled', async () => (await handled()).length > 0)
  expect(await handled()).toEqual([later!.id])
  expect(await system.db.deadLetter.findMany()).toMatchObject([{ status: 'discarded', actionId: result.actionId }])
  expect(await system.db.operatorAction.findMany({ where: { phase: 'finished', action: 'discard' } })).toMatchObject([
    { action: 'discard', operator: 'ada', reason: 'a test order', result: { discarded: 1 } },
  ])
})

test('an event that was handled is resolved, not discarded', async () => {
  const [event] = await record(system, anOrderPlaced())
  await system.settled()
  await system.db.handledEvent.create({
    data: { eventId: event!.id, reaction: picky.name, handledAt: new Date(), durationUs: 1, attempt: 1, instance: 'x' },
  })
  const result = await discard(context, picky.name, { all: true }, 'tidying up')
  expect(result).toMatchObject({ discarded: 0, alreadyHandled: 1 })
  expect(await system.db.deadLetter.findMany()).toMatchObject([{ status: 'resolved' }])
})

test('it takes a reason and a selector', async () => {
  await expect(discard(context, picky.name, { all: true }, ' ')).rejects.toThrow(/say why/)
  await expect(discard(context, picky.name, {}, 'because')).rejects.toThrow(/which dead letters/)
})
