import { z } from 'zod'
import { ownersOf } from '#domains/order'
import { orderOf, PUBLIC_TYPES } from '#events'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'

/** An event that is to be told of. */
export interface Told {
  id: string
  type: string
  stream: string
  streamVersion: number
}

/** Events that one transaction takes. */
const AT_ONCE = 1_000

const CursorRow = row({ position: z.bigint(), published: z.bigint() })
const EventRow = row({
  position: z.bigint(),
  id: z.string(),
  type: z.string(),
  stream: z.string(),
  streamVersion: z.int(),
})
const EndRow = row({ position: z.bigint().nullable() })

/**
 * Makes deliveries of what was published since the last time: a row for each event and endpoint, committed together with the position,
 * so none is left out and none comes twice. It reads no further than the relay has published: up to there no earlier event
 * can appear any more. One process does it at a time; another finds nothing to do.
 * @returns whether there may be more
 */
export function queueEvents(db: Database): Promise<boolean> {
  return db.$transaction(async (tx) => {
    const [cursor] = await readRows(tx, CursorRow)`
      SELECT position, (SELECT coalesce(max(position), 0) FROM relay_checkpoints) AS published
      FROM webhook_cursor WHERE name = 'events' FOR UPDATE SKIP LOCKED`
    if (!cursor || cursor.position >= cursor.published) return false
    const { position, published } = cursor
    const end = await endOf(tx, position, published)
    await insertDeliveries(tx, await readPublic(tx, position, end))
    await tx.$executeRaw`UPDATE webhook_cursor SET position = ${end} WHERE name = 'events'`
    return end < published
  })
}

/** The position of the last event that this transaction takes. */
async function endOf(tx: Transaction, after: bigint, published: bigint): Promise<bigint> {
  const { position } = await readRow(tx, EndRow)`
    SELECT max(position) AS position FROM (
      SELECT position FROM events WHERE position > ${after} AND position <= ${published} ORDER BY position LIMIT ${AT_ONCE}
    ) AS next`
  return position ?? published
}

async function readPublic(tx: Transaction, after: bigint, end: bigint): Promise<Told[]> {
  if ((await tx.webhookEndpoint.count({ where: { disabledBecause: null }, take: 1 })) === 0) return []
  return readRows(tx, EventRow)`
    SELECT position, id::text, type, stream, stream_version AS "streamVersion" FROM events
    WHERE position > ${after} AND position <= ${end} AND type = ANY(${PUBLIC_TYPES})
    ORDER BY position`
}

interface Insertion {
  /** Only to this endpoint, enabled or not. @default to all that are enabled */
  endpointId?: string
  /** What is there already: left alone, due again unless it was delivered, or due again. @default 'keep' */
  known?: 'keep' | 'undelivered' | 'all'
}

/** @returns how many deliveries are due because of it */
export async function insertDeliveries(
  tx: Transaction,
  events: readonly Told[],
  { endpointId, known = 'keep' }: Insertion = {},
): Promise<number> {
  if (events.length === 0) return 0
  const owners = await ownersOf(
    tx,
    events.map(({ stream }) => orderOf(stream)),
  )
  const owned = events.flatMap((event) => {
    const owner = owners.get(orderOf(event.stream))
    return owner
      ? [{ event: event.id, type: event.type, order: owner.id, version: event.streamVersion, client: owner.clientId }]
      : []
  })
  if (owned.length === 0) return 0
  return tx.$executeRaw`
    INSERT INTO webhook_deliveries AS d (endpoint_id, event_id, event_type, order_id, stream_version)
    SELECT w.id, e.event, e.type, e."order", e.version
    FROM jsonb_to_recordset(${JSON.stringify(owned)}::jsonb) AS e(event uuid, type text, "order" uuid, version int, client uuid)
    JOIN webhook_endpoints w ON w.client_id = e.client AND (cardinality(w.event_types) = 0 OR e.type = ANY(w.event_types))
    WHERE CASE WHEN ${endpointId ?? null}::uuid IS NULL THEN w.disabled_because IS NULL ELSE w.id = ${endpointId ?? null}::uuid END
    ORDER BY w.id, e.event
    ON CONFLICT (endpoint_id, event_id) DO UPDATE SET state = 'waiting', due_at = now(), attempts = 0, ended_at = NULL
    WHERE ${known} = 'all' OR (${known} = 'undelivered' AND d.state <> 'delivered')`
}
