import { catchUp, defineReaction, planReplay, reconcile, replay, subscribe } from '#messaging'
import { OrderPlaced, StockReserved } from '#events'
import { anOrderPlaced, aStockReserved, deadline, record, testSystem, type TestSystem } from '#testing'
import { createLogger } from '#platform/log/logger'
import { isRecoveryRequested, requestRecovery } from '../deliveries/recovery-requests.ts'

let system: TestSystem
let seen: string[]
beforeEach(() => (seen = []))
afterEach(() => system.close())

const first = defineReaction({ name: 'test.first', on: [OrderPlaced, StockReserved], handle: () => {} })
const late = defineReaction({
  name: 'test.late',
  on: [OrderPlaced, StockReserved],
  handle: ({ id }) => void seen.push(id),
})

/** A reaction that was born after six events had been published. */
async function bornLate() {
  system = await testSystem([first])
  const events = []
  for (let i = 0; i < 3; i++) events.push(...(await record(system, anOrderPlaced(), aStockReserved())))
  await system.settled()
  await subscribe(system.db, [late])
  await system.run(late)
  return events
}

const run = (options: Partial<Parameters<typeof replay>[0]> = {}) =>
  replay({ ...system, instance: 'test', reaction: late.name, ...options })
const handled = (reaction = late.name) => system.db.handledEvent.count({ where: { reaction } })

test('brings all of history to a new reaction alone, in order', async () => {
  const events = await bornLate()
  const [last] = await system.db.handledEvent.findMany({ orderBy: { handledAt: 'desc' }, take: 1 })
  expect(await planReplay(system.db, { reaction: late.name })).toMatchObject({
    events: 6,
    handled: 0,
    from: 0n,
    to: 6n,
  })
  expect(await run()).toBe(6)
  await system.settled()
  expect(seen).toHaveLength(6)
  expect(new Set(seen)).toEqual(new Set(events.map(({ id }) => id)))
  expect(
    await system.db.handledEvent.count({ where: { reaction: first.name, handledAt: { gt: last!.handledAt } } }),
  ).toBe(0)
})

test('a reaction from the beginning gets history by itself, page by page', async () => {
  system = await testSystem([first])
  const events = await record(system, anOrderPlaced(), aStockReserved(), anOrderPlaced())
  await system.settled()
  const handle = ({ id }: { id: string }) => void seen.push(id)
  const eager = defineReaction({ name: 'test.eager', on: [OrderPlaced, StockReserved], from: 'beginning', handle })
  const joined = await subscribe(system.db, [eager])
  await system.run(eager)
  await catchUp({ ...system, instance: 'test', log: createLogger('test', 'silent') }, joined)
  await deadline('three handled', async () => (await handled('test.eager')) === 3)
  expect(new Set(seen)).toEqual(new Set(events.map(({ id }) => id)))
  expect(await system.db.delivery.count({ where: { reason: 'lost' } })).toBe(0)
})

test('a part of history: from a position, of one type', async () => {
  const events = await bornLate()
  expect(await run({ from: 2n, types: ['order.placed'] })).toBe(2)
  await deadline('two handled', async () => (await handled()) === 2)
  expect(seen).toEqual([events[2]!.id, events[4]!.id])
})

test('what was handled before is skipped; again, it is handled a second time', async () => {
  await bornLate()
  await run({ from: 4n })
  await deadline('two handled', async () => (await handled()) === 2)
  expect(await run()).toBe(4)
  await deadline('six handled', async () => (await handled()) === 6)
  expect(await run()).toBe(0)
  expect(await run({ again: true, types: ['order.placed'] })).toBe(3)
  await deadline('nine times, all noted', async () => seen.length >= 9 && (await handled()) === 6)
})

test('a replay that was cut short is finished by reconciliation', async () => {
  await bornLate()
  const stop = new AbortController()
  stop.abort()
  expect(await run({ signal: stop.signal })).toBe(0)
  await reconcile({ ...system, instance: 'test', graceMs: 0, reaction: late.name })
  await deadline('six handled', async () => (await handled()) === 6)
})

test('refuses a reaction or a type that is not subscribed', async () => {
  await bornLate()
  await expect(run({ reaction: 'test.nobody' })).rejects.toThrow(/Subscribed are: test.first, test.late/)
  await expect(run({ types: ['order.shipped'] })).rejects.toThrow(/test.late is not on order.shipped/)
})

test('again, killed after a page and called again: each event of the range is handled exactly once more', async () => {
  const events = await bornLate()
  await run()
  await deadline('six handled', async () => (await handled()) === 6)
  seen.splice(0)
  const killed = () => {
    throw new Error('killed')
  }
  await expect(run({ again: true, pageSize: 2, onProgress: killed })).rejects.toThrow('killed')
  await deadline('a page once more', () => seen.length === 2)
  expect(await run({ again: true, pageSize: 2 })).toBe(4)
  await deadline('all noted', async () => (await handled()) === 6)
  expect(seen.toSorted()).toEqual(events.map(({ id }) => id).toSorted())
  expect(await run({ again: true, pageSize: 100 })).toBe(6) // another time, from the beginning
})

test('again, cut short and called again: what was published and handled since is not handled a second time', async () => {
  const events = await bornLate()
  await run()
  await deadline('six handled', async () => (await handled()) === 6)
  seen.splice(0)
  const stop = new AbortController()
  await run({ again: true, pageSize: 2, signal: stop.signal, onProgress: () => stop.abort() })
  const [since] = await record(system, anOrderPlaced())
  await deadline('a page once more, and the new one', () => seen.length === 3)
  await system.settled()
  expect(await run({ again: true, pageSize: 2 })).toBe(4)
  await deadline('all noted', async () => (await handled()) === 7)
  expect(seen.toSorted()).toEqual([...events.map(({ id }) => id), since!.id].toSorted())
})

test('a replay that takes its time lets a recovery of its reaction come first, and goes on at its rate', async () => {
  const events = await bornLate()
  const running = run({ pageSize: 2, rate: 1 })
  await deadline('the first page', () => seen.length === 2)
  await requestRecovery(system.db, [late.name])
  const isServed = async () => !(await isRecoveryRequested(system.db, late.name))
  await deadline('recovered', isServed)
  expect(seen.length).toBeLessThan(6)
  expect(await running).toBe(6)
  await system.settled()
  expect(seen.toSorted()).toEqual(events.map(({ id }) => id).toSorted())
  expect(await system.db.subscription.count({ where: { reaction: late.name, since: 0n } })).toBe(2)
})

test('with a rate, one that was cut short is not finished by reconciliation', async () => {
  await bornLate()
  const stop = new AbortController()
  await run({ pageSize: 2, rate: 1_000, signal: stop.signal, onProgress: () => stop.abort() })
  const reports = await reconcile({ ...system, instance: 'test', graceMs: 0, reaction: late.name })
  expect(reports).toMatchObject([{ unsettled: 0, delivered: 0 }])
  expect(await run()).toBe(4)
})
