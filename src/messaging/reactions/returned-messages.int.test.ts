import { connect } from 'amqplib'
import { OrderPlaced } from '#events'
import { anOrderPlaced, deadline, record, requireTestService, testSystem, type TestSystem } from '#testing'
import { uuidv7 } from '#platform/uuid'
import { defineReaction } from './define-reaction.ts'

jest.setTimeout(60_000)

let system: TestSystem
beforeEach(async () => (system = await testSystem([])))
afterEach(() => system.close())

const batches: string[][] = []
beforeEach(() => void batches.splice(0))
const reaction = defineReaction({
  name: 'trial.look-closely',
  on: OrderPlaced,
  async handleBatch(events) {
    batches.push(events.map(({ id }) => id))
    return events.map(() => null)
  },
})

/** Events whose messages were handed out once and came back without an outcome, as from a process that died. */
async function handedOutBefore(count: number): Promise<string[]> {
  const stopped = await system.run(reaction)
  await stopped.stop()
  const { db } = system
  await db.subscription.createMany({ data: [{ reaction: reaction.name, eventType: 'order.placed', since: 0n }] })
  const events = await record(system, ...Array.from({ length: count }, () => anOrderPlaced()))
  const connection = await connect(requireTestService('TEST_RABBITMQ_URL'))
  const channel = await connection.createChannel()
  let received = 0
  await channel.consume(system.names.queue(reaction.name), () => received++)
  await deadline('handed out', () => received === count)
  await connection.close()
  return events.map(({ id }) => id)
}

it('handles together what a broken connection has brought back, and nothing is left of it', async () => {
  const ids = await handedOutBefore(20)
  await system.run(reaction)
  await system.settled()
  expect(batches.flat().toSorted()).toEqual(ids.toSorted())
  expect(batches.length).toBeLessThan(10)
  expect(await system.db.delivery.count()).toBe(0)
})

it('what was handled before it came back is not delivered again', async () => {
  const ids = await handedOutBefore(3)
  const handled = { reaction: reaction.name, handledAt: new Date(), durationUs: 1, attempt: 1, instance: 'test' }
  await system.db.handledEvent.createMany({ data: ids.map((eventId) => ({ ...handled, eventId })) })
  await system.run(reaction)
  await deadline('the queue is empty', async () => (await system.broker.depth(system.names.queue(reaction.name))) === 0)
  expect(batches).toEqual([])
  expect(await system.db.delivery.count()).toBe(0)
})

it('handles alone what was begun when processes died, and gives up what has ended three', async () => {
  const [killer, bystander, ...others] = await handedOutBefore(5)
  const row = { reaction: reaction.name, state: 'retrying', dueAt: new Date(0), reason: 'redelivered' }
  await system.db.delivery.create({ data: { ...row, id: uuidv7(), eventId: killer!, starts: 3 } })
  await system.db.delivery.create({ data: { ...row, id: uuidv7(), eventId: bystander!, starts: 2 } })
  await system.run(reaction)
  await system.settled()
  expect(batches).toContainEqual([bystander])
  expect(new Set(batches.flat())).toEqual(new Set([bystander, ...others]))
  expect(await system.db.delivery.findMany({ select: { eventId: true, state: true, reason: true } })).toEqual([
    { eventId: killer, state: 'dead', reason: 'poison' },
  ])
})

it('who waits to be handled alone is not begun yet: the death of this process is not its own', async () => {
  const [first, ...waiting] = await handedOutBefore(3)
  const row = { reaction: reaction.name, state: 'retrying', dueAt: new Date(0), reason: 'redelivered', starts: 2 }
  for (const eventId of [first!, ...waiting])
    await system.db.delivery.create({ data: { ...row, id: uuidv7(), eventId } })
  let letGo = () => {}
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const begun: string[] = []
  const gated = defineReaction({
    name: reaction.name,
    on: OrderPlaced,
    async handleBatch(events) {
      begun.push(...events.map(({ id }) => id))
      await gate
      return events.map(() => null)
    },
  })
  await system.run(gated)
  await deadline('one is begun', () => begun.length === 1)
  const starts = await system.db.delivery.findMany({ select: { eventId: true, starts: true } })
  expect(starts.map((one) => one.starts - (one.eventId === begun[0] ? 1 : 0))).toEqual([2, 2, 2])
  letGo()
  await system.settled()
  expect(await system.db.handledEvent.count()).toBe(3)
})

it('a claim of a process that is gone runs out, and another one goes on', async () => {
  const [event] = await handedOutBefore(1)
  const row = { reaction: reaction.name, state: 'retrying', reason: 'failed', attempts: 1 }
  const claimed = { claimedBy: 'gone', starts: 1, dueAt: new Date(Date.now() + 1_500) }
  await system.db.delivery.create({ data: { ...row, ...claimed, id: uuidv7(), eventId: event! } })
  await system.run(reaction)
  await system.settled()
  expect(await system.db.handledEvent.findMany()).toMatchObject([{ eventId: event, attempt: 2 }])
  expect(await system.db.delivery.count()).toBe(0)
})
