import { z } from 'zod'
import { append, type Append, RetryLater, UnreadableEvent, Unrecoverable, type Publication } from '#messaging'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { Refusal } from '#http'
import { missingOrder } from './deleted.ts'
import { cancelLines, type CancelLines } from './state/cancel-lines.ts'
import { returnLines, type ReturnLines } from './state/return-lines.ts'
import { conclude, decide, type OrderCommand } from './state/decide.ts'
import type { VersionedOrder } from './state/fold.ts'
import type { RecordedAnswer } from './state/order.ts'
import type { OrderStatus } from './state/order-states.ts'
import { shipParcel, type ShipParcel } from './state/ship-parcel.ts'
import { decideOrders, type Decided } from './stream/decide-orders.ts'

/** Milliseconds after which it is looked again whether this process knows what the order has been told. */
const NEWER_RELEASE_MS = 10_000

/**
 * Tells orders that other contexts have answered: each reads its stream, these answers and any others, and decides. Returns
 * what each answer publishes; what an order decides is published by the latest answer to it.
 * @throws Unrecoverable when an order is not there: it was committed before anybody could answer it
 */
export async function advanceOrders(tx: Transaction, answers: readonly RecordedAnswer[]): Promise<Publication[]> {
  const latest = new Map<string, RecordedAnswer>()
  for (const answer of answers) {
    const other = latest.get(answer.data.orderId)
    if (!other || other.streamVersion < answer.streamVersion) latest.set(answer.data.orderId, answer)
  }
  const wantsLines = (status: OrderStatus) => status === 'placed' // only a confirmation names them
  const decided = await decideOrders(tx, [...latest.keys()], conclude, wantsLines).catch(untilNewerRelease)
  return answers.map((answer) => {
    const { orderId } = answer.data
    const order = decided.get(orderId)
    if (!order) throw new Unrecoverable(`No order ${orderId}: ${answer.type} answers an order that never was`)
    return latest.get(orderId) === answer ? order.facts : []
  })
}

function untilNewerRelease(error: unknown): never {
  if (error instanceof UnreadableEvent && error.reason === 'newer-version')
    throw new RetryLater(NEWER_RELEASE_MS, error.message, { cause: error })
  throw error
}

export type Command = OrderCommand | CancelLines | ReturnLines | ShipParcel

export interface Origin extends Pick<Append, 'traceparent' | 'actor'> {
  /** What another domain writes in the same transaction, when the order has decided. */
  readonly alongside?: (tx: Transaction, order: VersionedOrder) => Promise<unknown>
}

/**
 * Carries a caller's command out on one order, in one transaction with the fact that follows.
 * @throws Refusal `order-not-found` or `order-deleted`, or a conflict when the order's state does not allow it
 */
export function changeOrder(
  db: Database,
  id: string,
  command: Command,
  { alongside, ...origin }: Origin,
): Promise<VersionedOrder> {
  return db.$transaction(async (tx) => {
    const decided = await decideOrders(tx, [id], (order) => factsOf(order, command)).catch(notByThisRelease)
    const { order, facts } = decided.get(id) ?? (await missingOrder(tx, id))
    await alongside?.(tx, order)
    await append(
      tx,
      facts.map((fact) => ({ ...fact, correlationId: id, ...origin })),
    )
    return order
  })
}

function factsOf(order: VersionedOrder, command: Command) {
  if (command.type === 'cancel-lines') return cancelLines(order, command)
  if (command.type === 'return-lines') return returnLines(order, command)
  if (command.type === 'ship-parcel') return shipParcel(order, command)
  return hasHappened(order, command) ? [] : [decide(order, command)]
}

/** Who asks again, because an answer was lost, gets the order. */
const hasHappened = ({ status }: VersionedOrder, { type }: OrderCommand) => type === 'cancel' && status === 'cancelled'

function notByThisRelease(cause: unknown): never {
  if (!(cause instanceof UnreadableEvent) || cause.reason !== 'newer-version') throw cause
  throw new Refusal(
    'unavailable',
    'newer-release-needed',
    'This order has been told something that only a newer release of this server understands. Send the request again.',
    { retryAfterS: NEWER_RELEASE_MS / 1_000, cause },
  )
}

const Due = row({ id: z.string() })

/**
 * Ends orders that have been waiting for their decision longer than `olderThanMs`, by the clock of the database, the
 * oldest first, at most `limit`.
 * Orders that somebody else is changing at this moment are left for the next run; those that have been told something which only
 * a newer release knows, for that release.
 * @returns how many have expired
 */
export function expireOrders(
  db: Database,
  { olderThanMs, limit }: { olderThanMs: number; limit: number },
): Promise<number> {
  return db.$transaction(async (tx) => {
    const due = await readRows(tx, Due)`
      SELECT id FROM orders WHERE status = 'placed' AND placed_at < now() - ${olderThanMs}::float8 * interval '1 ms'
      ORDER BY id LIMIT ${limit} FOR UPDATE SKIP LOCKED`
    const ids = due.map(({ id }) => id)
    const decided = await expireAll(tx, ids).catch((error) => expireReadable(tx, ids, error))
    const facts = decided.flatMap(({ order, facts }) =>
      facts.map((fact) => ({ ...fact, correlationId: order.id, actor: 'schedule/expire-orders' })),
    )
    await append(tx, facts)
    return facts.length
  })
}

const expireAll = async (tx: Transaction, ids: readonly string[]) => [
  ...(await decideOrders(tx, ids, (order) => [decide(order, { type: 'expire' })])).values(),
]

/** One by one, so that an order which cannot be read keeps nobody but itself. */
async function expireReadable(tx: Transaction, ids: readonly string[], cause: unknown) {
  if (!(cause instanceof UnreadableEvent)) throw cause
  const decided: Decided[] = []
  for (const id of ids)
    decided.push(
      ...(await expireAll(tx, [id]).catch((error) => {
        if (error instanceof UnreadableEvent) return []
        throw error
      })),
    )
  return decided
}
