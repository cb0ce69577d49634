import { OrderPlaced } from '#events'
import { defineReaction, readHistory, redrive, Refused, RetryLater, subscribe, Unrecoverable } from '#messaging'
import type { DeadLetterContext } from '#messaging'
import { anOrderPlaced, deadline, record, testSystem, type TestSystem, named } from '#testing'

let system: TestSystem
let context: DeadLetterContext
/** Customers whose events the reaction cannot handle at the moment. */
const broken = new Set<string>()
const handled: string[] = []

const fragile = defineReaction({
  name: 'test.fragile',
  on: OrderPlaced,
  retry: { attempts: 1 },
  handle({ id, data }) {
    if (broken.has(data.customer.name)) throw new Unrecoverable(`the name '${data.customer.name}' is broken`)
    handled.push(id)
  },
})
const REACTION = fragile.name

beforeEach(async () => {
  broken.clear()
  handled.length = 0
  system = await testSystem([fragile])
  context = { db: system.db, operator: 'ada' }
})
afterEach(() => system.close())

async function deadOrders(names: readonly string[]) {
  for (const name of names) broken.add(name)
  const events = await record(system, ...names.map((name) => anOrderPlaced({ customer: named(name) })))
  await system.settled()
  return events.map(({ id }) => id)
}

const letters = (where = {}) => system.db.delivery.findMany({ where, orderBy: { id: 'asc' } })
const states = async () => (await letters()).map(({ state }) => state)

test('what was dead is handled after the repair, and its dead letter ends as resolved', async () => {
  const ids = await deadOrders(['one', 'two', 'three'])
  broken.clear()
  const result = await redrive(context, REACTION, { all: true })
  expect(result).toMatchObject({ outcome: 'done', total: 3, sent: 3, handled: 3, deadAgain: 0, inFlight: 0, why: '' })
  expect(handled.toSorted()).toEqual(ids.toSorted())
  expect(await states()).toEqual(['resolved', 'resolved', 'resolved'])
  expect(await system.db.handledEvent.findMany({ where: { reaction: REACTION } })).toMatchObject([
    { attempt: 1 },
    { attempt: 1 },
    { attempt: 1 },
  ])
})

test('what dies again is the same dead letter, and its history tells of both lives', async () => {
  await deadOrders(['one'])
  for (const _ of [1, 2])
    expect(await redrive(context, REACTION, { all: true })).toMatchObject({ outcome: 'done', sent: 1, deadAgain: 1 })
  expect(await states()).toEqual(['dead'])
  const history = await system.db.deliveryHistory.findMany({ orderBy: { id: 'asc' } })
  expect(history.map(({ what }) => what)).toEqual(['dead', 'redriven', 'dead', 'redriven', 'dead'])
})

test('an event that was handled already is resolved without being sent', async () => {
  const [eventId] = await deadOrders(['one'])
  await system.stopReactions() // a second copy of the message would find it handled, and resolve the dead letter itself
  await system.db.handledEvent.create({
    data: {
      eventId: eventId!,
      reaction: REACTION,
      handledAt: new Date(),
      durationUs: 1,
      attempt: 2,
      instance: 'elsewhere',
    },
  })
  const result = await redrive(context, REACTION, { all: true })
  expect(result).toMatchObject({ outcome: 'done', total: 1, sent: 0, alreadyHandled: 1, handled: 0 })
  expect(await states()).toEqual(['resolved'])
  expect(handled).toEqual([])
})

test('ids, a group, an event type and an age choose; nothing chosen is refused', async () => {
  await deadOrders(['one', 'two'])
  broken.clear()
  const [first] = await letters()
  await expect(redrive(context, REACTION, {})).rejects.toThrow(Refused)
  await expect(redrive(context, REACTION, { ids: ['7'] })).rejects.toThrow(/'7' is not an id/)
  expect(await redrive(context, REACTION, { olderThanMs: 3_600_000 })).toMatchObject({ total: 0 })
  expect(await redrive(context, REACTION, { eventType: 'order.cancelled' })).toMatchObject({ total: 0 })
  expect(await redrive(context, REACTION, { ids: [first!.id] })).toMatchObject({ sent: 1, handled: 1 })
  expect(await redrive(context, REACTION, { group: first!.fingerprint! })).toMatchObject({ total: 1, handled: 1 })
})

test('a canary that fails keeps the rest where it is', async () => {
  await deadOrders(Array.from({ length: 30 }, (_, index) => `name-${index}`))
  const result = await redrive(context, REACTION, { all: true }, { canary: 3 })
  expect(result).toMatchObject({ outcome: 'halted', total: 30, sent: 3, deadAgain: 3 })
  expect(result.why).toMatch(/^3 of 3 failed again/)
  expect(await letters({ state: 'dead' })).toHaveLength(30) // 27 untouched, 3 dead again
  broken.clear()
  expect(await redrive(context, REACTION, { all: true }, { canary: 3 })).toMatchObject({ outcome: 'done', handled: 30 })
})

test('the share of failures is watched to the end', async () => {
  const names = Array.from({ length: 60 }, (_, index) => `name-${index}`)
  await deadOrders(names)
  for (const name of names.slice(0, 10)) broken.delete(name)
  const result = await redrive(context, REACTION, { all: true }, { haltAbove: 0.5, rate: 200 })
  expect(result.outcome).toBe('halted')
  expect(result.sent).toBeLessThanOrEqual(60)
  expect(result.why).toMatch(/the limit is 50 %/)
})

test('a rate is kept, and progress is told', async () => {
  await deadOrders(Array.from({ length: 20 }, (_, index) => `name-${index}`))
  broken.clear()
  const told: number[] = []
  const started = performance.now()
  await redrive(context, REACTION, { all: true }, { rate: 20, onProgress: ({ sent }) => told.push(sent) })
  expect(performance.now() - started).toBeGreaterThan(800)
  expect(told.at(-1)).toBe(20)
  expect(told).toEqual(told.toSorted((a, b) => a - b))
})

test('stopped in the middle, it can be called again', async () => {
  await deadOrders(Array.from({ length: 20 }, (_, index) => `name-${index}`))
  broken.clear()
  const stop = new AbortController()
  const onProgress = ({ sent }: { sent: number }) => sent >= 5 && stop.abort()
  const options = { rate: 40, onProgress, signal: stop.signal }
  const interrupted = await redrive(context, REACTION, { all: true }, options)
  expect(interrupted).toMatchObject({ outcome: 'interrupted' })
  expect(interrupted.sent).toBeLessThan(20)
  const rest = await redrive(context, REACTION, { all: true })
  expect(interrupted.sent + rest.sent).toBe(20)
  await deadline('all handled', () => handled.length === 20)
  expect(new Set(handled).size).toBe(20)
})

test('stopped while it waits for its canary, it sends no more', async () => {
  await deadOrders(['one', 'two', 'three'])
  await system.stopReactions()
  const stop = new AbortController()
  let told = 0
  const onProgress = () => ++told === 3 && stop.abort() // the first two tell that it was sent
  const interrupted = await redrive(context, REACTION, { all: true }, { canary: 1, onProgress, signal: stop.signal })
  expect(interrupted).toMatchObject({ outcome: 'interrupted', sent: 1 })
})

test('two operators at once share the work: nothing is sent twice', async () => {
  await deadOrders(Array.from({ length: 40 }, (_, index) => `name-${index}`))
  broken.clear()
  const options = { rate: 40 }
  const [ada, charles] = await Promise.all([
    redrive(context, REACTION, { all: true }, options),
    redrive({ ...context, operator: 'charles' }, REACTION, { all: true }, options),
  ])
  expect(ada.sent + charles.sent).toBe(40)
  await deadline('all resolved', async () => (await letters({ state: 'resolved' })).length === 40)
  expect(handled).toHaveLength(40)
})

test('what operators did is on record and cannot be rewritten', async () => {
  await deadOrders(['one'])
  broken.clear()
  await redrive(context, REACTION, { all: true }, { reason: 'names are repaired' })
  expect(await readHistory(system.db)).toMatchObject([
    {
      operator: 'ada',
      action: 'redrive',
      reaction: REACTION,
      selector: { all: true },
      reason: 'names are repaired',
      outcome: 'done',
      result: { total: 1, sent: 1, handled: 1 },
    },
  ])
  await expect(system.pool.query('DELETE FROM operator_actions')).rejects.toThrow(/append-only/)
  await expect(system.pool.query(`UPDATE operator_actions SET operator = 'nobody'`)).rejects.toThrow(/append-only/)
})

test('it needs neither broker nor queue, but a reaction that somebody runs', async () => {
  await deadOrders(['one'])
  broken.clear()
  await system.broker.destroy({
    exchanges: [],
    queues: [{ name: system.names.queue(REACTION), arguments: {} }],
    bindings: [],
  })
  expect(await redrive(context, REACTION, { all: true })).toMatchObject({ outcome: 'done', handled: 1 })
  await expect(redrive(context, 'test.nobody', { all: true })).rejects.toThrow(/subscribed to nothing/)
})

test('when its connections are cut in the middle, nothing is lost or doubled by calling again', async () => {
  await deadOrders(Array.from({ length: 20 }, (_, index) => `name-${index}`))
  broken.clear()
  const cutter = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()`
  let cuts: Promise<unknown> | undefined
  const onProgress = ({ sent }: { sent: number }) => {
    if (sent >= 6) cuts ??= system.pool.query(cutter)
  }
  await redrive(context, REACTION, { all: true }, { rate: 40, onProgress }).catch(() => {})
  await cuts
  await deadline('a redrive that ends', () =>
    redrive(context, REACTION, { all: true }).then(
      ({ outcome }) => outcome === 'done',
      () => false,
    ),
  )
  await deadline('all resolved', async () => (await letters({ state: 'resolved' })).length === 20)
  expect(await system.db.handledEvent.count()).toBe(20)
})

test('what was postponed for too long may be postponed anew once it is redriven', async () => {
  let postponements = Number.POSITIVE_INFINITY
  let forMs = 1_000
  const patient = defineReaction({
    name: 'test.patient',
    on: OrderPlaced,
    retry: { attempts: 1 },
    handle() {
      if (--postponements > 0) throw new RetryLater(10, 'the key is in use', { forMs })
    },
  })
  await subscribe(system.db, [patient])
  await system.run(patient)
  await record(system, anOrderPlaced())
  await deadline('given up', () => letters({ state: 'dead' }).then(({ length }) => length === 1))
  await system.db.delivery.updateMany({ data: { firstFailedAt: new Date(Date.now() - 3_600_000) } })
  postponements = 3
  forMs = 60_000
  const result = await redrive(context, patient.name, { all: true })
  expect(result).toMatchObject({ sent: 1, handled: 1, deadAgain: 0 })
})
