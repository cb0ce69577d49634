import { z } from 'zod'
import { append, Unrecoverable, type Publication } from '#messaging'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { Refusal } from '#http'
import { advance, decide, type OrderCommand } from './state/decide.ts'
import { evolve, type RecordedAnswer } from './state/order.ts'
import { lockOrders, updateOrders, type StoredOrder } from './order-store.ts'

/**
 * Takes answers of other contexts to their orders: one read with locks in order of id, one write. Returns what each
 * answer publishes. Answers to one order are taken in the given order.
 * @throws Unrecoverable when an order is not there: it was committed before anybody could answer it
 */
export async function advanceOrders(
  tx: Transaction,
  answers: readonly RecordedAnswer[],
  now: Date,
): Promise<Publication[]> {
  const ids = [...new Set(answers.map(({ data }) => data.orderId))]
  const before = await lockOrders(tx, ids, (status) => status === 'placed') // only a confirmation names the lines
  const orders = new Map(before)
  const published = answers.map((answer) => {
    const order = orders.get(answer.data.orderId)
    if (!order)
      throw new Unrecoverable(`No order ${answer.data.orderId}: ${answer.type} answers an order that never was`)
    const { order: after, facts } = advance(order, answer)
    orders.set(order.id, { ...order, ...after })
    return facts
  })
  const changed = [...orders.values()].filter((order) => differs(order, before.get(order.id)!))
  if (changed.length > 0) await updateOrders(tx, changed, now)
  return published
}

const ROW = ['status', 'stock', 'payment', 'fraud', 'capture', 'arrived', 'trackingNumber'] as const

const differs = (after: StoredOrder, before: StoredOrder) => ROW.some((column) => after[column] !== before[column])

/**
 * Carries a caller's command out on one order, in one transaction with the fact that follows.
 * @throws Refusal `order-not-found`, or a conflict when the order's state does not allow it
 */
export function changeOrder(
  db: Database,
  id: string,
  command: OrderCommand,
  { now, traceparent }: { now: Date; traceparent: string | null },
): Promise<StoredOrder> {
  return db.$transaction(async (tx) => {
    const order = (await lockOrders(tx, [id])).get(id)
    if (!order) throw orderNotFound(id)
    const fact = decide(order, command)
    const changed = { ...order, ...evolve(order, fact), updatedAt: now }
    await updateOrders(tx, [changed], now)
    await append(tx, [{ event: fact, correlationId: id, traceparent }])
    return changed
  })
}

export const orderNotFound = (id: string) => new Refusal('not-found', 'order-not-found', `There is no order ${id}.`)

const Due = row({ id: z.string(), now: z.date() })

/**
 * Ends orders that have been waiting for their decision longer than `olderThanMs`, by the clock of the database, the
 * oldest first, at most `limit`.
 * Orders that somebody else is changing at this moment are left for the next run.
 * @returns how many have expired
 */
export function expireOrders(
  db: Database,
  { olderThanMs, limit }: { olderThanMs: number; limit: number },
): Promise<number> {
  return db.$transaction(async (tx) => {
    const due = await readRows(tx, Due)`
      SELECT id, now() FROM orders WHERE status = 'placed' AND placed_at < now() - ${olderThanMs}::float8 * interval '1 ms'
      ORDER BY id LIMIT ${limit} FOR UPDATE SKIP LOCKED`
    if (due.length === 0) return 0
    const orders = await lockOrders(
      tx,
      due.map(({ id }) => id),
    )
    const facts = [...orders.values()].map((order) => ({ order, fact: decide(order, { type: 'expire' }) }))
    await updateOrders(
      tx,
      facts.map(({ order, fact }) => evolve(order, fact)),
      due[0]!.now,
    )
    await append(
      tx,
      facts.map(({ order, fact }) => ({ event: fact, correlationId: order.id })),
    )
    return facts.length
  })
}
