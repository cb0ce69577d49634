import { connect } from 'amqplib'
import { OrderPlaced } from '#events'
import { anOrderPlaced, deadline, record, requireTestService, testSystem, type TestSystem } from '#testing'
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

const noted = (eventId: string, starts: number) =>
  system.db.deliveryStart.create({ data: { eventId, reaction: reaction.name, starts } })

it('handles together what a broken connection has brought back, and forgets the suspicion', async () => {
  const ids = await handedOutBefore(20)
  await system.run(reaction)
  await system.settled()
  expect(batches.flat().toSorted()).toEqual(ids.toSorted())
  expect(batches.length).toBeLessThan(10)
  await deadline('forgotten', async () => (await system.db.deliveryStart.count()) === 0)
})

it('handles alone what was being handled when a process died, and gives up what has killed three', async () => {
  const [killer, bystander, ...others] = await handedOutBefore(5)
  await noted(killer!, 2)
  await noted(bystander!, 1)
  await system.run(reaction)
  await system.settled()
  expect(batches).toContainEqual([bystander])
  expect(new Set(batches.flat())).toEqual(new Set([bystander, ...others]))
  expect(await system.db.deadLetter.findMany({ select: { eventId: true, reason: true } })).toEqual([
    { eventId: killer, reason: 'poison' },
  ])
  await deadline('forgotten', async () => (await system.db.deliveryStart.count()) === 0)
})
