import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { lockRows, updateOrders } from './order-store.ts'
import { settings } from './settings.ts'
import { catchUp } from './stream/catch-up.ts'

const PREFIX = 'order-'

const StreamRow = row({ stream: z.string() })

/** Of these streams, those of orders that are not at their end: events may still be added. */
export async function openAmong(db: Database, streams: readonly string[]): Promise<string[]> {
  const rows = await readRows(db, StreamRow)`
    SELECT wanted.stream FROM unnest(${[...streams]}::text[]) AS wanted(stream)
    JOIN orders o ON o.id = substr(wanted.stream, ${PREFIX.length + 1}::int)::uuid
    WHERE wanted.stream LIKE ${`${PREFIX}%`} AND (o.status IN ('placed', 'confirmed')
      OR o.status IN ('shipped', 'delivered') AND o.updated_at > now() - ${settings().ORDER_CLOSED_AFTER_DAYS}::int * interval '1 day')
    ORDER BY wanted.stream`
  return rows.map(({ stream }) => stream)
}

/** Orders that one transaction locks. */
const PAGE = 500

/**
 * Writes into the rows of orders what others have appended to their streams since the order last decided: an order is told as it
 * was when those events are in an archive.
 */
export async function foldIntoRows(db: Database, streams: readonly string[]): Promise<void> {
  const ids = streams.flatMap((stream) => (stream.startsWith(PREFIX) ? [stream.slice(PREFIX.length)] : []))
  for (let first = 0; first < ids.length; first += PAGE)
    await db.$transaction(async (tx) => {
      const rows = await lockRows(tx, await behindAmong(tx, ids.slice(first, first + PAGE)))
      const versions = new Map(rows.map(({ id, version }) => [id, version]))
      const orders = await catchUp(tx, rows)
      await updateOrders(
        tx,
        orders.filter((order) => order.version !== versions.get(order.id) || !order.isPartial),
      )
    })
}

const BehindRow = row({ id: z.string() })

/** Of these orders, those whose streams tell more than their rows: few of a time that is long past. */
async function behindAmong(tx: Transaction, ids: readonly string[]): Promise<string[]> {
  const rows = await readRows(tx, BehindRow)`
    SELECT o.id FROM orders o JOIN streams s ON s.stream = ${PREFIX} || o.id
    WHERE o.id = ANY(${[...ids]}::uuid[]) AND (s.version > o.version OR o.parts_version <> o.version)`
  return rows.map(({ id }) => id)
}
