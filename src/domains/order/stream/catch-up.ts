import { readStream, readTails, type RecordedEvent } from '#messaging'
import { orderStream } from '#events'
import type { Database, Transaction } from '#platform/database'
import type { Prisma } from '#prisma'
import { readOrderRows } from '../order-store.ts'
import { fold, isOwnFact, readable, type VersionedOrder } from '../state/fold.ts'

export const streamOf = (orderId: string): string => orderStream({ orderId })

/**
 * Orders as their streams tell: their rows, which stand where the order last decided or heard of something, and what
 * others have appended since.
 * @throws UnreadableEvent `newer-version` at an event that only a newer release knows
 */
export const catchUp = (db: Database | Transaction, rows: readonly VersionedOrder[]) =>
  foldTails(db, rows, (tail) => tail)

/** One order as it stands now, without a lock; in front of an event that only a newer release knows. */
export async function findOrder(db: Database | Transaction, id: string): Promise<VersionedOrder | undefined> {
  const [order] = await foldTails(db, await readOrderRows(db, [id]), readable)
  return order
}

/** Orders of every client, the newest first. */
export const latestOrders = (db: Database, limit: number) => newestOrders(db, limit)

/** The orders of every client that have this number, however it is written: clients count for themselves. The newest first. */
export const numberedOrders = (db: Database, number: string, limit: number) =>
  newestOrders(db, limit, { number: { in: [number, number.toUpperCase()] } })

/** What people call these orders by: null for those from before there were numbers. */
export async function numbersOf(db: Database, ids: string[]): Promise<ReadonlyMap<string, string | null>> {
  const rows = await db.order.findMany({ where: { id: { in: ids } }, select: { id: true, number: true } })
  return new Map(rows.map(({ id, number }) => [id, number]))
}

async function newestOrders(db: Database, limit: number, where: Prisma.OrderWhereInput = {}) {
  const found = await db.order.findMany({ where, select: { id: true }, orderBy: { id: 'desc' }, take: limit })
  const ids = found.map(({ id }) => id)
  return (await foldTails(db, await readOrderRows(db, ids), readable)).toReversed()
}

type Tail = readonly RecordedEvent[]

async function foldTails(db: Database | Transaction, rows: readonly VersionedOrder[], cut: (tail: Tail) => Tail) {
  if (rows.length === 0) return []
  const tails = await readTails(db, new Map(rows.map(({ id, version }) => [streamOf(id), version])))
  const orders: VersionedOrder[] = []
  for (const row of rows) {
    const tail = tails.get(streamOf(row.id))!
    // A release that knew no versions has written this row: only the whole stream tells what it has taken already.
    const stale = tail.some(isOwnFact)
    const whole = stale || row.isPartial ? fold(cut(await readStream(db, streamOf(row.id)))) : undefined
    orders.push(whole ?? (stale ? row : fold(cut(tail), row)!))
  }
  return orders
}
