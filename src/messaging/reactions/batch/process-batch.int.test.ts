import { defineReaction, RetryLater, Unrecoverable, DependencyUnavailable } from '#messaging'
import { OrderPlaced, StockReserved } from '#events'
import {
  anOrderCancelled,
  anOrderPlaced,
  attempt,
  deadline,
  named,
  react,
  record,
  testDatabase,
  type TestDatabase,
} from '#testing'
import { processBatch } from './process-batch.ts'

let database: TestDatabase
beforeAll(async () => (database = await testDatabase()))
afterAll(() => database.close())

const reserve = defineReaction({
  name: 'test.reserve',
  on: OrderPlaced,
  publishes: StockReserved,
  handle: ({ data: { orderId, lines } }) => StockReserved({ orderId, lines }),
})

const countOf = (sql: string, ...values: unknown[]) =>
  database.db.$queryRawUnsafe<{ n: bigint }[]>(sql, ...values).then(([row]) => Number(row!.n))

test('what a handler returns is appended with causation and correlation, beside its ledger row', async () => {
  const [placed] = await record(database, anOrderPlaced())
  const { published } = await react(database, reserve, placed!)
  expect(published).toMatchObject([
    {
      type: 'stock.reserved',
      stream: placed!.stream,
      streamVersion: 2,
      causationId: placed!.id,
      correlationId: placed!.correlationId,
    },
  ])
  const rows = await database.db.handledEvent.findMany({ where: { eventId: placed!.id } })
  expect(rows).toMatchObject([{ reaction: 'test.reserve', attempt: 1, instance: 'test' }])
})

test('an event that is delivered again, in the same batch or later, has no second effect', async () => {
  const [placed] = await record(database, anOrderPlaced())
  const first = await react(database, reserve, placed!, placed!)
  const second = await react(database, reserve, placed!)
  expect([...first.outcomes, ...second.outcomes].map(({ kind }) => kind)).toEqual(['handled', 'repeat', 'duplicate'])
  expect(await countOf('SELECT count(*) n FROM events WHERE stream = $1', placed!.stream)).toBe(2)
})

test('ten processes handling the same event at once have one effect', async () => {
  const [placed] = await record(database, anOrderPlaced())
  const all = await Promise.all(Array.from({ length: 10 }, () => react(database, reserve, placed!)))
  const kinds = all.flatMap(({ outcomes }) => outcomes.map(({ kind }) => kind))
  expect(kinds.filter((kind) => kind === 'handled')).toHaveLength(1)
  expect(kinds.filter((kind) => kind === 'duplicate')).toHaveLength(9)
  expect(await countOf('SELECT count(*) n FROM events WHERE stream = $1', placed!.stream)).toBe(2)
})

test('a handler that published for another version of the stream runs again at once', async () => {
  const seen: number[] = []
  const careful = defineReaction({
    name: 'test.careful',
    on: OrderPlaced,
    publishes: StockReserved,
    async handle({ data: { orderId, lines }, stream }, { tx }) {
      const { version } = await tx.stream.findUniqueOrThrow({ where: { stream } })
      seen.push(version)
      if (seen.length === 1) await record(database, anOrderCancelled({ orderId })) // somebody else is faster
      return { event: StockReserved({ orderId, lines }), expectedVersion: version }
    },
  })
  const { published, outcomes } = await react(database, careful, anOrderPlaced())
  expect(outcomes).toMatchObject([{ kind: 'handled' }])
  expect(published).toMatchObject([{ type: 'stock.reserved', streamVersion: 3 }])
  expect(seen).toEqual([1, 2])
})

test('a reaction that publishes what it does not name in `publishes` fails in tests, so the catalogue is true', async () => {
  const silent = defineReaction({
    name: 'test.silent',
    on: OrderPlaced,
    handle: ({ data: { orderId, lines } }) => StockReserved({ orderId, lines }),
  })
  const { outcomes } = await attempt(database, silent, anOrderPlaced())
  const message = "Reaction 'test.silent' has published stock.reserved: name that event type in its `publishes`"
  expect(outcomes).toMatchObject([{ kind: 'failed', error: { message } }])
})

test('one bad event of a batch costs only itself', async () => {
  const bad = anOrderPlaced({ customer: named('bad') })
  const picky = defineReaction({
    name: 'test.picky',
    on: OrderPlaced,
    publishes: StockReserved,
    async handle({ data }, { tx }) {
      if (data.customer.name === 'bad') await tx.$executeRaw`SELECT 1 / 0`
      return StockReserved({ orderId: data.orderId, lines: data.lines })
    },
  })
  const { outcomes } = await attempt(database, picky, anOrderPlaced(), bad, anOrderPlaced())
  expect(outcomes.map(({ kind }) => kind)).toEqual(['handled', 'failed', 'handled'])
  expect(await countOf('SELECT count(*) n FROM events WHERE stream = $1', bad.stream)).toBe(1)
})

test('the errors a handler throws arrive by kind', async () => {
  const errors = [
    new Unrecoverable('never'),
    new RetryLater(500),
    new DependencyUnavailable('mail is down'),
    new Error('odd'),
  ]
  const throwing = defineReaction({
    name: 'test.throwing',
    on: OrderPlaced,
    handle({ data }) {
      throw errors[Number(data.customer.name)]!
    },
  })
  const { outcomes } = await attempt(
    database,
    throwing,
    ...errors.map((_, i) => anOrderPlaced({ customer: named(String(i)) })),
  )
  expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'failed', 'unavailable', 'failed'])
  expect(outcomes.map((outcome) => 'error' in outcome && outcome.error)).toEqual(errors)
})

test('a call gets the same idempotency key each time, is not repeated for a handled event, and is cut off at its time limit', async () => {
  const keys: string[] = []
  const calling = defineReaction({
    name: 'test.calling',
    on: OrderPlaced,
    publishes: StockReserved,
    dependency: 'test-gateway',
    callTimeoutMs: 50,
    async call({ data }, { idempotencyKey }) {
      keys.push(idempotencyKey)
      if (data.customer.name === 'slow' && keys.length === 1) await new Promise(() => {})
      return 'called'
    },
    async handle({ data }, { result, tx }) {
      await tx.$executeRaw`SELECT ${result}`
      return StockReserved({ orderId: data.orderId, lines: data.lines })
    },
  })
  const [placed] = await record(database, anOrderPlaced({ customer: named('slow') }))
  const attempts: unknown[] = []
  for (let i = 0; i < 3; i++) attempts.push(...(await attempt(database, calling, placed!)).outcomes)
  expect(attempts).toMatchObject([
    { kind: 'failed', error: { message: 'test-gateway did not answer within 50 ms' } },
    { kind: 'handled' },
    { kind: 'duplicate' },
  ])
  expect(keys).toEqual([`test.calling:${placed!.id}`, `test.calling:${placed!.id}`])
})

test('events of one stream are handled in their order, whatever order they arrive in', async () => {
  const seen: number[] = []
  const watching = defineReaction({
    name: 'test.watching',
    on: [OrderPlaced, StockReserved],
    handle: (event) => void seen.push(event.streamVersion),
  })
  const placed = anOrderPlaced()
  const [first] = await record(database, placed)
  const [second, third] = await record(
    database,
    ...[1, 2].map(() => StockReserved({ orderId: placed.data.orderId, lines: [] })),
  )
  await react(database, watching, third!, first!, second!)
  expect(seen).toEqual([1, 2, 3])
})

test('a call that hangs delays only itself: what its batch has called meanwhile is handled, and on its way', async () => {
  let answer!: () => void
  const answered = new Promise<void>((resolve) => (answer = resolve))
  const orders = Array.from({ length: 3 }, () => anOrderPlaced())
  const hangs = ({ data }: (typeof orders)[0]) => data.orderId === orders[1]!.data.orderId
  const reaction = defineReaction({
    name: 'test.call-slowly',
    on: OrderPlaced,
    publishes: StockReserved,
    call: (event) => (hangs(event) ? answered : Promise.resolve()),
    handle: ({ data: { orderId, lines } }) => StockReserved({ orderId, lines }),
  })
  const items = (await record(database, ...orders)).map((event) => ({ event, attempt: 1 }))
  let woken = 0
  const wakeUp = { wake: () => void woken++ }
  const { signal } = new AbortController()
  const reacting = processBatch(reaction, items, { db: database.db, instance: 'test', signal, wakeUp })
  const handled = () => database.db.handledEvent.count({ where: { reaction: reaction.name } })
  await deadline('two are handled', async () => (await handled()) === 2)
    .then(() => deadline('the relay is told', () => woken === 1))
    .finally(() => answer())
  const outcomes = await reacting
  expect(woken).toBe(2)
  expect(outcomes.map(({ kind }) => kind)).toEqual(['handled', 'handled', 'handled'])
})
