import { archivedAmong, readStream, type RecordedEvent } from '#messaging'
import type { Database } from '#platform/database'
import { Refusal } from '#http'
import { missingOrder } from '../deleted.ts'
import { fold, readable, type VersionedOrder } from '../state/fold.ts'
import { streamOf } from './catch-up.ts'

/** A moment of an order's past: a version of its stream, or a time. */
export type Moment = number | Date

/**
 * The order as it was then, from its stream alone: with every event of that version or time. What lies ahead is the
 * present; the order's `version` tells which moment it is.
 * @throws Refusal `order-not-found`; `order-not-placed-yet` for a time before it; `order-archived` when its events are not all here
 */
export async function orderAt(db: Database, id: string, moment: Moment): Promise<VersionedOrder> {
  const stream = streamOf(id)
  const events = await readStream(db, stream)
  if ((await archivedAmong(db, [stream])).has(stream)) throw isArchived(id)
  const placed = fold(events.slice(0, 1))
  if (!placed) return missingOrder(db, id)
  const order = fold(readable(events.slice(0, countUntil(events, moment))))
  if (!order) throw notPlacedYet(id, moment, placed.placedAt)
  return order
}

/** How many of the events had happened. The latest in time counts, should the database's clock have gone back. */
const countUntil = (events: readonly RecordedEvent[], moment: Moment): number =>
  typeof moment === 'number' ? moment : 1 + events.findLastIndex(({ time }) => time <= moment)

const notPlacedYet = (id: string, moment: Moment, placedAt: Date) =>
  new Refusal(
    'not-found',
    'order-not-placed-yet',
    `There was no order ${id} at ${(moment as Date).toISOString()}; it was placed at ${placedAt.toISOString()}.`,
  )

const isArchived = (id: string) =>
  new Refusal('not-found', 'order-archived', `The past of order ${id} lies in an archive; its story tells where.`)
