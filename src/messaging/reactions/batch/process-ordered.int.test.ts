import fc from 'fast-check'
import { defineReaction, Unrecoverable, type RecordedEvent } from '#messaging'
import { OrderPlaced, PaymentAuthorized, StockReserved } from '#events'
import {
  anOrderPlaced,
  aPaymentAuthorized,
  aStockReserved,
  attempt,
  deadline,
  react,
  record,
  testDatabase,
  type TestDatabase,
  testSystem,
  type TestSystem,
} from '#testing'
import type { Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import { subscribe } from '../../deliveries/subscriptions.ts'

let database: TestDatabase
let system: TestSystem | undefined
beforeAll(async () => {
  database = await testDatabase()
  await createHistory(database)
})
afterAll(async () => {
  await system?.close()
  await database.close()
})

const on = [OrderPlaced, StockReserved, PaymentAuthorized]
const retry = { attempts: 1 }
type Fails = (event: RecordedEvent) => boolean

/** Writes down, in the transaction, the versions it has handled of each stream. */
function historian(name: string, fails: Fails = () => false) {
  const write = async (event: RecordedEvent, tx: Transaction) => {
    if (fails(event)) throw new Unrecoverable('this one is bad')
    await tx.$executeRaw`INSERT INTO history (reaction, stream, version) VALUES (${name}, ${event.stream}, ${event.streamVersion})`
  }
  return {
    'one by one': defineReaction({
      name: `test.${name}`,
      on,
      ordered: true,
      retry,
      handle: (event, { tx }) => write(event, tx),
    }),
    'in batches': defineReaction({
      name: `test.${name}`,
      on,
      ordered: true,
      retry,
      async handleBatch(events, { tx }) {
        for (const event of events) await write(event, tx)
        return events.map(() => undefined)
      },
    }),
  }
}

const ways = ['one by one', 'in batches'] as const

const createHistory = ({ db }: TestDatabase) =>
  db.$executeRaw`CREATE TABLE history (n serial, reaction text, stream text, version int)`

async function historyOf({ db }: TestDatabase, name: string, stream: string): Promise<number[]> {
  const rows = await db.$queryRaw<
    { version: number }[]
  >`SELECT version FROM history WHERE reaction = ${name} AND stream = ${stream} ORDER BY n`
  return rows.map(({ version }) => version)
}

async function anOrdersEvents(where: TestDatabase) {
  const orderId = uuidv7()
  return record(
    where,
    anOrderPlaced({ orderId }),
    aStockReserved({ orderId }),
    aPaymentAuthorized({ orderId }),
    aStockReserved({ orderId }),
  )
}

test.each(ways)(
  '%s, whatever order deliveries come in, over replicas and with repeats: each version once, in order',
  async (way) => {
    const name = `any-order-${ways.indexOf(way)}`
    const reaction = historian(name)[way]
    await subscribe(database.db, [reaction])
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(3), fc.nat(2)), { minLength: 1, maxLength: 12 }),
        async (deliveries) => {
          const events = await anOrdersEvents(database)
          const replicas = [0, 1, 2].map((replica) =>
            deliveries.filter(([, to]) => to === replica).map(([which]) => events[which]!),
          )
          await Promise.all(replicas.map((batch) => react(database, reaction, ...batch)))
          const history = await historyOf(database, name, events[0]!.stream)
          const reached = Math.max(...deliveries.map(([which]) => events[which]!.streamVersion))
          expect(history).toEqual([1, 2, 3, 4].slice(0, reached))
        },
      ),
      { numRuns: 25 },
    )
  },
)

test.each(ways)(
  '%s, an event that fails is an own failure; later ones of its stream block, other streams flow on',
  async (way) => {
    let broken = true
    const name = `failing-${ways.indexOf(way)}`
    const reaction = historian(name, ({ streamVersion }) => broken && streamVersion === 2)[way]
    await subscribe(database.db, [reaction])
    const [one, two, three, four] = await anOrdersEvents(database)
    const [other] = await anOrdersEvents(database)
    const { outcomes } = await attempt(database, reaction, one!, two!, three!, other!)
    expect(outcomes.map(({ kind }) => kind)).toEqual(['handled', 'failed', 'blocked', 'handled'])
    broken = false
    expect((await react(database, reaction, two!)).outcomes).toMatchObject([{ kind: 'handled' }])
    expect((await react(database, reaction, four!, three!)).outcomes).toMatchObject([
      { kind: 'handled' },
      { kind: 'handled' },
    ])
    expect(await historyOf(database, name, one!.stream)).toEqual([1, 2, 3, 4])
    expect(await database.db.delivery.count({ where: { reaction: reaction.name, state: 'blocked' } })).toBe(0)
  },
)

test('over the broker: behind a dead letter the order waits, and delivering it again runs the sequence', async () => {
  let broken = true
  const reaction = historian('dead', ({ streamVersion }) => broken && streamVersion === 2)['one by one']
  system = await testSystem([reaction])
  await createHistory(system)
  const events = await anOrdersEvents(system)
  await system.settled()
  const [dead, ...blocked] = await system.db.delivery.findMany({ orderBy: { streamVersion: 'asc' } })
  expect(dead).toMatchObject({ eventId: events[1]!.id, streamVersion: 2, state: 'dead', reason: 'unrecoverable' })
  expect(blocked).toMatchObject([
    { streamVersion: 3, state: 'blocked' },
    { streamVersion: 4, state: 'blocked' },
  ])
  broken = false
  await system.db.delivery.updateMany({
    where: { state: 'dead' },
    data: { state: 'retrying', dueAt: new Date(0), actionId: uuidv7() },
  })
  await deadline('nothing is blocked', async () => (await system!.db.handledEvent.count()) === 4)
  expect(await system.db.delivery.findMany()).toMatchObject([{ state: 'resolved', eventId: events[1]!.id }])
  expect(await historyOf(system, 'dead', events[0]!.stream)).toEqual([1, 2, 3, 4])
})

test('an ordered reaction cannot call out', () => {
  const options = { name: 'test.calling', on: OrderPlaced, ordered: true, call: async () => 1, handle() {} }
  expect(() => defineReaction(options)).toThrow('ordered')
})
