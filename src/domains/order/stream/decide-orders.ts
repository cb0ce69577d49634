import { lockStreams, type Append } from '#messaging'
import type { Transaction } from '#platform/database'
import { lockRows, updateOrders } from '../order-store.ts'
import type { VersionedOrder } from '../state/fold.ts'
import { evolve, type Order, type OrderFact } from '../state/order.ts'
import type { OrderStatus } from '../state/order-states.ts'
import { catchUp, streamOf } from './catch-up.ts'

/** An order after its decision, and what to publish: in the same transaction, as it is. */
export interface Decided {
  readonly order: VersionedOrder
  readonly facts: readonly Pick<Append, 'event' | 'expectedVersion' | 'time'>[]
}

type Decide = (order: VersionedOrder) => readonly OrderFact[]

/**
 * Lets orders decide on what their streams tell, and writes their rows.
 *
 * Races: an order's own decisions wait for each other at the lock on its row. Other contexts append to its stream without
 * that lock, so the stream is locked before a fact of the order is added. If somebody was faster, the order decides
 * again. So a row is always the fold of the first `version` events, with its own facts at the versions that they get.
 * `expectedVersion` fails the transaction, should that ever not hold. Orders have no lines where `wantsLines` says no.
 */
export async function decideOrders(
  tx: Transaction,
  ids: readonly string[],
  decide: Decide,
  wantsLines?: (status: OrderStatus) => boolean,
): Promise<Map<string, Decided>> {
  const rows = await lockRows(tx, ids, wantsLines)
  const orders = new Map((await catchUp(tx, rows)).map((order) => [order.id, order]))
  const facts = new Map([...orders.values()].map((order) => [order.id, decide(order)]))
  const heads = await lockStreams(
    tx,
    [...facts].flatMap(([id, { length }]) => (length > 0 ? [streamOf(id)] : [])),
  )
  const late = rows.filter(({ id }) => (heads.get(streamOf(id))?.version ?? 0) > orders.get(id)!.version)
  for (const order of await catchUp(tx, late)) {
    orders.set(order.id, order)
    facts.set(order.id, decide(order))
  }
  const decided = [...orders.values()].map((order) =>
    withFacts(order, facts.get(order.id)!, heads.get(streamOf(order.id))),
  )
  const before = new Map(rows.map((row) => [row.id, row]))
  await updateOrders(
    tx,
    decided.flatMap(({ order }) => (differs(order, before.get(order.id)!) ? [order] : [])),
  )
  return new Map(decided.map((one) => [one.order.id, one]))
}

function withFacts(order: VersionedOrder, facts: readonly OrderFact[], head: { time: Date } | undefined): Decided {
  if (facts.length === 0) return { order, facts: [] }
  const { version } = order
  const { time } = head!
  return {
    order: { ...order, ...facts.reduce(evolveOrder, order), version: version + facts.length, updatedAt: time },
    facts: facts.map((event, index) => ({ event, expectedVersion: version + index, time })),
  }
}

const evolveOrder = (order: Order, fact: OrderFact): Order => evolve(order, fact)

const ROW = ['status', 'stock', 'payment', 'fraud', 'capture', 'arrived', 'trackingNumber', 'parts'] as const

const differs = (after: VersionedOrder, before: VersionedOrder) =>
  ROW.some((column) => after[column] !== before[column])
