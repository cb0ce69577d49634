import { connect } from 'amqplib'
import { OrderPlaced } from '#events'
import {
  anOrderPlaced,
  deadline,
  placeOf,
  record,
  releases,
  requireTestService,
  tcpProxy,
  testSystem,
  type TestSystem,
} from '#testing'
import { isDatabaseOutage, openDatabase } from '#platform/database'
import { createLogger } from '#platform/log/logger'
import { uuidv7 } from '#platform/uuid'
import type { Claimed } from '../deliveries/claim.ts'
import { DependencyUnavailable } from '../errors.ts'
import { defineReaction } from './define/define-reaction.ts'
import { takeDueDeliveries } from './due/due-deliveries.ts'

let system: TestSystem
const later = releases()
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
  expect(batches.length).toBeLessThan(20) // as many as events, if each were handled alone
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
  later(() => letGo())
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

it('a claim that was not renewed in time, by a process that lives, is no start: it is not taken a second time', async () => {
  const [slow, ...others] = await handedOutBefore(4)
  const row = { reaction: reaction.name, state: 'retrying', reason: 'failed' }
  await system.db.delivery.create({ data: { ...row, id: uuidv7(), eventId: slow!, dueAt: new Date(0) } })
  let letGo = () => {}
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  later(() => letGo())
  const begun: string[] = []
  const gated = defineReaction({
    name: reaction.name,
    on: OrderPlaced,
    concurrency: 2,
    batchSize: 1,
    async handle({ id }) {
      begun.push(id)
      if (id === slow) await gate
    },
  })
  await system.run(gated)
  await deadline('begun', () => begun.includes(slow!))
  for (const eventId of others) {
    await system.db.delivery.updateMany({ where: { eventId: slow! }, data: { dueAt: new Date(0) } })
    const added = { ...row, id: uuidv7(), eventId, dueAt: new Date(1) }
    await system.db.delivery.createMany({ data: [added], skipDuplicates: true })
    await deadline('another one is taken', () => system.db.handledEvent.findFirst({ where: { eventId } }))
  }
  expect(await system.db.delivery.findFirst({ where: { eventId: slow! } })).toMatchObject({ starts: 1 })
  letGo()
  await system.settled()
  expect(begun.filter((id) => id === slow)).toEqual([slow])
})

it('after an outage of PostgreSQL, claims of other processes have the time to be renewed', async () => {
  const events = await record(system, anOrderPlaced(), anOrderPlaced())
  const row = { reaction: reaction.name, state: 'retrying', reason: 'failed', dueAt: new Date(0) }
  await system.db.delivery.create({
    data: { ...row, id: uuidv7(), eventId: events[0]!.id, claimedBy: 'alive', starts: 1 },
  })
  await system.db.delivery.create({ data: { ...row, id: uuidv7(), eventId: events[1]!.id } })
  const proxy = await tcpProxy({ host: '127.0.0.1', port: 1 })
  later(proxy.close)
  const { db, close: closeDatabase } = openDatabase(proxy.through(system.url))
  const taken: Claimed[] = []
  const due = takeDueDeliveries({
    db,
    reaction: reaction.name,
    on: [OrderPlaced],
    poisonAfter: 3,
    instance: 'other',
    log: createLogger('test', 'silent'),
    limit: 10,
    onDue: (claimed) => taken.push(...claimed),
  })
  const failure: unknown = await db.$executeRaw`SELECT 1`.catch((error: unknown) => error)
  expect(isDatabaseOutage(failure)).toBe(true) // so the first look has failed as well
  proxy.leadTo(placeOf(system.url))
  later(closeDatabase)
  later(due.stop)
  await deadline('what nobody has claimed is taken', () => taken.length > 0)
  expect(taken[0]!.eventId).toBe(events[1]!.id)
  await deadline('later the other one, whose process may be gone', () => taken.length === 2, { within: 60_000 })
  expect(taken[1]).toMatchObject({ eventId: events[0]!.id, starts: 2 })
})

it('of what may have ended processes one is under way at a time, and nothing beside it: the innocent survive', async () => {
  const ids = await handedOutBefore(8)
  const row = { reaction: reaction.name, state: 'retrying', dueAt: new Date(0), reason: 'redelivered', starts: 2 }
  for (const eventId of ids) await system.db.delivery.create({ data: { ...row, id: uuidv7(), eventId } })
  const killer = ids[5]
  const underWay = new Set<string>()
  const beside: string[][] = []
  let startsAtDeath: { eventId: string | null; starts: number }[] = []
  const calling = defineReaction({
    name: reaction.name,
    on: OrderPlaced,
    concurrency: 4,
    batchSize: 1,
    async call({ id }) {
      underWay.add(id)
      beside.push([...underWay])
      const { db } = system
      if (id === killer) startsAtDeath = await db.delivery.findMany({ select: { eventId: true, starts: true } })
      await db.$executeRaw`SELECT pg_sleep(0.02)`
      underWay.delete(id)
    },
    handle: () => null,
  })
  await system.run(calling)
  await system.settled()
  expect(beside.filter((one) => one.length > 1)).toEqual([])
  expect(startsAtDeath.filter(({ starts }) => starts > 2)).toEqual([{ eventId: killer, starts: 3 }])
})

it('who is handed back has as many deaths to its name as before, whatever it was waiting for', async () => {
  const [begun, ...waiting] = await handedOutBefore(3)
  const row = { reaction: reaction.name, state: 'retrying', dueAt: new Date(0), reason: 'redelivered' }
  for (const [index, eventId] of [begun!, ...waiting].entries())
    await system.db.delivery.create({ data: { ...row, id: uuidv7(), eventId, starts: index } })
  let asked = 0
  const without = defineReaction({
    name: reaction.name,
    on: OrderPlaced,
    async call() {
      asked++
      throw new DependencyUnavailable('away')
    },
    handle: () => null,
  })
  const running = await system.run(without)
  await deadline('asked, in vain', () => asked > 3)
  await running.stop()
  const rows = await system.db.delivery.findMany({ select: { eventId: true, starts: true, claimedBy: true } })
  const startsOf = new Map(rows.map((one) => [one.eventId, one.starts]))
  expect(rows.map(({ claimedBy }) => claimedBy)).toEqual([null, null, null])
  expect([begun!, ...waiting].map((id) => startsOf.get(id))).toEqual([0, 1, 2])
})
