import fc from 'fast-check'
import { keepReservations, PIECES, wrongStock, receiveStock, stockOf, stockTotals } from '#domains/inventory'
import {
  anOrderCancelled,
  anOrderPlaced,
  anOrderRejected,
  anOrderShipped,
  aReturnAccepted,
  attempt,
  deadline,
  react,
  record,
  testDatabase,
  type TestDatabase,
} from '#testing'
import { movementsOf, type Reservation } from '../../src/domains/inventory/reservation.ts'
import { openDatabase, type Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import releaseStock from './release-stock.ts'
import reserveStock from './reserve-stock.ts'
import shipStock from './ship-stock.ts'

let database: TestDatabase
beforeAll(async () => (database = await testDatabase()))
afterAll(() => database.close())
afterEach(async () => expect(await wrongStock(database.db)).toEqual([]))

/** A SKU of this test's own. */
async function aSku(quantity: number) {
  const sku = `SKU-${uuidv7()}`
  await receiveStock(database.db, [{ sku, quantity }])
  return sku
}

const line = (sku: string, quantity = 1) => ({ sku, name: sku, quantity, unitPrice: 100 })
const free = async (sku: string) => (await stockOf(database.db, [sku])).get(sku)
const kept = (sku: string) =>
  database.db.stock.findUniqueOrThrow({
    where: { sku },
    select: { onHand: true, reserved: true, shipped: true },
  })

describe('reserve-stock', () => {
  test('sets the stock of an order aside', async () => {
    const sku = await aSku(5)
    const { published } = await react(database, reserveStock, anOrderPlaced({ lines: [line(sku, 2)] }))
    expect(published).toMatchObject([{ type: 'stock.reserved', data: { lines: [{ sku, quantity: 2 }] } }])
    expect(await kept(sku)).toEqual({ onHand: 3, reserved: 2, shipped: 0 })
  })

  test('takes all lines of an order or none', async () => {
    const [enough, short] = [await aSku(5), await aSku(1)]
    const order = anOrderPlaced({ lines: [line(enough), line(short, 2), line('NEVER-SEEN')] })
    const { published } = await react(database, reserveStock, order)
    const missing = [
      { sku: 'NEVER-SEEN', requested: 1, available: 0 },
      { sku: short, requested: 2, available: 1 },
    ]
    expect(published).toMatchObject([{ type: 'stock.rejected', data: { missing } }])
    expect(await free(enough)).toBe(5)
  })

  test('has one effect however often the order is published', async () => {
    const sku = await aSku(5)
    const order = anOrderPlaced({ lines: [line(sku)] })
    const [recorded] = await record(database, order)
    await react(database, reserveStock, recorded!)
    const { published } = await react(database, reserveStock, recorded!, order, order)
    expect(published).toEqual([])
    expect(await free(sku)).toBe(4)
  })

  test('stock 5, 20 buyers at once in four replicas: exactly 5 get it', async () => {
    const sku = await aSku(5)
    const orders = () => Array.from({ length: 5 }, () => anOrderPlaced({ lines: [line(sku)] }))
    const runs = await Promise.all([1, 2, 3, 4].map(() => react(database, reserveStock, ...orders())))
    const types = runs.flatMap(({ published }) => published.map(({ type }) => type))
    expect(types.filter((type) => type === 'stock.reserved')).toHaveLength(5)
    expect(types.filter((type) => type === 'stock.rejected')).toHaveLength(15)
    expect(await kept(sku)).toEqual({ onHand: 0, reserved: 5, shipped: 0 })
  })

  test('orders (a, b) and (b, a) cross 200 times in two replicas: none of them meets a deadlock', async () => {
    const [a, b] = [await aSku(400), await aSku(400)]
    const ab = await record(database, ...times(200, () => anOrderPlaced({ lines: [line(a), line(b)] })))
    const ba = await record(database, ...times(200, () => anOrderPlaced({ lines: [line(b), line(a)] })))
    const reserve = (orders: typeof ab) => (replica: TestDatabase) =>
      inBatches(8, orders, async (batch) => {
        await react(replica, reserveStock, ...batch)
      })
    await Promise.all([runInReplica(reserve(ab)), runInReplica(reserve(ba))])
    expect(await kept(a)).toEqual({ onHand: 0, reserved: 400, shipped: 0 })
    expect(await kept(b)).toEqual({ onHand: 0, reserved: 400, shipped: 0 })
  })
})

const few = fc.integer({ min: 0, max: 3 })
const ways = fc.record({ cancelled: few, inParcels: few, restocked: few, discarded: few }, { requiredKeys: [] })
/** Also of more pieces than there are: a row may have been written by hand. */
const anyReservation: fc.Arbitrary<Reservation> = fc.record({
  status: fc.constantFrom('open', 'reserved', 'rejected', 'released', 'shipped', 'returned'),
  lines: fc.tuple(few).map(([quantity]) => [{ sku: 'PIECE', quantity: quantity + 1 }]),
  apart: fc.record({ PIECE: ways }, { requiredKeys: [] }),
})

test('the books count the pieces of a reservation as they were moved, and never fewer than none', async () => {
  const given = fc.sample(anyReservation, 300).map((one) => ({ ...one, orderId: uuidv7() }))
  const ids = given.map(({ orderId }) => orderId)
  const found = await database.db.$transaction(async (tx) => {
    await tx.$executeRaw`
      INSERT INTO reservations (order_id, status, lines, apart, updated_at)
      SELECT "orderId", status, lines, apart, now() FROM jsonb_to_recordset(${JSON.stringify(given)}::jsonb)
        AS one("orderId" uuid, status text, lines jsonb, apart jsonb)`
    const pieces = await tx.$queryRaw<Counted[]>`
      SELECT order_id AS "orderId", place, quantity FROM (${PIECES}) AS pieces
      WHERE quantity <> 0 AND order_id = ANY(${ids}::uuid[])`
    await tx.$executeRaw`DELETE FROM reservations WHERE order_id = ANY(${ids}::uuid[])`
    return pieces
  })
  const expected = given.flatMap(({ orderId, ...reservation }) => {
    const moved = movementsOf({ status: 'open', lines: [], apart: {} }, reservation)
    return moved.flatMap((pieces) => PLACES.map((place): Counted => ({ orderId, place, quantity: pieces[place] })))
  })
  const asText = (pieces: Counted[]) => pieces.map((one) => JSON.stringify(one)).toSorted()
  expect(asText(found)).toEqual(asText(expected.filter(({ quantity }) => quantity !== 0)))
  expect(Math.min(...found.map(({ quantity }) => quantity))).toBeGreaterThan(0)
})

const PLACES = ['reserved', 'shipped'] as const

interface Counted {
  orderId: string
  place: (typeof PLACES)[number]
  quantity: number
}

/** As the reaction of the release before does, which never names the column `apart`. */
const shipAll = (orderId: string, { sku, quantity }: { sku: string; quantity: number }) =>
  database.db.$transaction(async (tx) => {
    await tx.$executeRaw`UPDATE stock SET reserved = reserved - ${quantity}, shipped = shipped + ${quantity} WHERE sku = ${sku}`
    await tx.$executeRaw`
      UPDATE reservations SET status = 'shipped', lines = lines, updated_at = now() WHERE order_id = ${orderId}::uuid`
  })

test('a worker of the release before moves nothing of an order whose pieces were cancelled', async () => {
  const sku = await aSku(5)
  const order = anOrderPlaced({ lines: [line(sku, 3)] })
  const { orderId } = order.data
  await react(database, reserveStock, order, anOrderPlaced({ lines: [line(sku)] }))
  const reduced = { kind: 'reduced', orderId, lines: [{ sku, quantity: 1 }] } as const
  await database.db.$transaction((tx) => keepReservations(tx, [reduced], new Date()))
  await expect(shipAll(orderId, { sku, quantity: 3 })).rejects.toThrow('Pieces of this order were cancelled')
  await react(database, shipStock, anOrderShipped({ orderId }))
  expect(await kept(sku)).toEqual({ onHand: 2, reserved: 1, shipped: 2 })
})

describe('release-stock', () => {
  test.each([anOrderRejected, anOrderCancelled])('gives the stock of a closed order back, once', async (closing) => {
    const sku = await aSku(5)
    const order = anOrderPlaced({ lines: [line(sku, 2)] })
    await react(database, reserveStock, order)
    const closed = closing({ orderId: order.data.orderId })
    const { published } = await react(database, releaseStock, closed, closed)
    expect(published).toMatchObject([{ type: 'stock.released', data: { lines: [{ sku, quantity: 2 }] } }])
    expect(await kept(sku)).toEqual({ onHand: 5, reserved: 0, shipped: 0 })
  })

  test('has nothing to give back for an order without stock', async () => {
    const order = anOrderPlaced({ lines: [line('NEVER-SEEN')] })
    await react(database, reserveStock, order)
    const { published } = await react(database, releaseStock, anOrderRejected({ orderId: order.data.orderId }))
    expect(published).toEqual([])
  })

  test('leaves its mark when it comes first: the order then reserves nothing', async () => {
    const sku = await aSku(5)
    const order = anOrderPlaced({ lines: [line(sku)] })
    const { published: first } = await react(database, releaseStock, anOrderCancelled({ orderId: order.data.orderId }))
    const { published: second } = await react(database, reserveStock, order)
    expect([...first, ...second]).toEqual([])
    expect(await free(sku)).toBe(5)
  })
})

// A row in the middle is kept locked until both replicas wait: each has then locked as much as it can before it, and if
// they had not gone the same way, they would now stand in each other's.
describe('replicas that want the same rows', () => {
  test('lock the stock in one order, whatever the order of the lines', async () => {
    const skus = await Promise.all(times(21, () => aSku(10)))
    const gate = [...skus].sort()[10]!
    const lines = skus.map((sku) => line(sku))
    const [one, other] = await record(
      database,
      anOrderPlaced({ lines }),
      anOrderPlaced({ lines: [...lines].reverse() }),
    )
    const deadlocks = await deadlocksOf(
      { lock: (tx) => tx.$queryRaw`SELECT FROM stock WHERE sku = ${gate} FOR UPDATE` },
      (replica) => react(replica, reserveStock, one!),
      (replica) => react(replica, reserveStock, other!),
    )
    expect(deadlocks).toBe(0)
    expect(await stockOf(database.db, skus)).toEqual(new Map(skus.map((sku) => [sku, 8])))
  })

  test('lock the orders in one order, whatever happens to them', async () => {
    const sku = await aSku(100)
    const orders = times(21, () => anOrderPlaced({ lines: [line(sku)] }))
    const gate = orders.map(({ data: { orderId } }) => orderId).sort()[10]!
    const placed = await record(database, ...orders)
    const cancelled = await record(database, ...orders.map(({ data: { orderId } }) => anOrderCancelled({ orderId })))
    const deadlocks = await deadlocksOf(
      { lock: (tx) => tx.$queryRaw`INSERT INTO reservations VALUES (${gate}::uuid, 'open', '[]', now())` },
      (replica) => react(replica, reserveStock, ...placed),
      (replica) => react(replica, releaseStock, ...cancelled.reverse()),
    )
    expect(deadlocks).toBe(0)
    expect(await kept(sku)).toEqual({ onHand: 100, reserved: 0, shipped: 0 })
  })
})

describe('ship-stock', () => {
  test('lets reserved goods leave; a return puts them back on the shelf', async () => {
    const sku = await aSku(5)
    const order = anOrderPlaced({ lines: [line(sku, 2)] })
    const { orderId } = order.data
    await react(database, reserveStock, order)
    await react(database, shipStock, anOrderShipped({ orderId }))
    expect(await kept(sku)).toEqual({ onHand: 3, reserved: 0, shipped: 2 })
    const { published } = await react(database, releaseStock, aReturnAccepted({ orderId }))
    expect(published).toMatchObject([{ type: 'stock.restocked', data: { lines: [{ sku, quantity: 2 }] } }])
    expect(await kept(sku)).toEqual({ onHand: 5, reserved: 0, shipped: 0 })
  })

  test('may be overtaken by the return', async () => {
    const sku = await aSku(5)
    const order = anOrderPlaced({ lines: [line(sku)] })
    const { orderId } = order.data
    await react(database, reserveStock, order)
    await react(database, releaseStock, aReturnAccepted({ orderId }))
    await react(database, shipStock, anOrderShipped({ orderId }))
    expect(await kept(sku)).toEqual({ onHand: 5, reserved: 0, shipped: 0 })
  })

  test('fails for an order that has reserved nothing', async () => {
    const { outcomes } = await attempt(database, shipStock, anOrderShipped())
    expect(outcomes).toMatchObject([{ kind: 'failed' }])
  })
})

describe('stock', () => {
  test('a receipt counts once', async () => {
    const sku = `SKU-${uuidv7()}`
    const receipt = [
      { sku, quantity: 2 },
      { sku, quantity: 3 },
    ]
    expect(await receiveStock(database.db, receipt, `receipt-${sku}`)).toBe(true)
    expect(await receiveStock(database.db, receipt, `receipt-${sku}`)).toBe(false)
    expect(await free(sku)).toBe(5)
  })

  test('the totals add up', async () => {
    const { received, onHand, reserved, shipped } = await stockTotals(database.db)
    expect(onHand + reserved + shipped).toBe(received)
    expect(reserved).toBeGreaterThan(800)
  })
})

/**
 * Runs each part in a replica of its own, the first of them held up by `gate` until the rest wait too, and counts the
 * deadlocks PostgreSQL had to break: not even the retries inside the run loop may be needed. A session adds its count
 * when it ends, so the replicas are closed before it is read.
 */
async function deadlocksOf(gate: Gate, ...parts: ((replica: TestDatabase) => Promise<unknown>)[]): Promise<number> {
  const before = await deadlocks()
  let running: Promise<unknown[]> = Promise.resolve([])
  await database.db.$transaction(async (tx) => {
    await gate.lock(tx)
    running = Promise.all(parts.map(runInReplica))
    await deadline('all replicas wait', async () => (await sessions(`wait_event_type = 'Lock'`)) === parts.length)
  })
  await running
  await deadline('the replicas have left', async () => (await sessions('true')) === 0)
  return (await deadlocks()) - before
}

interface Gate {
  lock(tx: Transaction): Promise<unknown>
}

async function runInReplica(part: (replica: TestDatabase) => Promise<unknown>) {
  const replica = openDatabase(database.url, { applicationName: 'replica' })
  await part({ ...replica, url: database.url }).finally(() => replica.close())
}

async function sessions(condition: string): Promise<number> {
  const found = await database.db.$queryRawUnsafe<unknown[]>(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'replica' AND ${condition}`,
  )
  return found.length
}

async function deadlocks(): Promise<number> {
  const [row] = await database.db.$queryRaw<[{ deadlocks: number }]>`
    SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`
  return row.deadlocks
}

async function inBatches<T>(size: number, all: readonly T[], run: (batch: T[]) => Promise<unknown>) {
  for (let from = 0; from < all.length; from += size) await run(all.slice(from, from + size))
}

const times = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index))
