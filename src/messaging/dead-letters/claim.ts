import type pg from 'pg'
import { Prisma } from '#prisma'
import type { Outgoing } from '../broker/broker.ts'
import type { Names } from '../broker/topology.ts'
import { HEADER } from '../reactions/message.ts'
import { HANDLED, matching, type Selector } from './selector.ts'

/** The dead letters of one redrive. */
export interface Scope {
  reaction: string
  selector: Selector
  actionId: string
}

/** A place in the order of a redrive: stream by stream, each by version. */
export interface Candidate {
  id: string
  stream: string
  streamVersion: number
  bytes: number
}

/** Most bytes of bodies in memory at once; a single larger one goes alone. */
const MAX_BYTES = 8 * 1024 * 1024
const SEQUENCE = Prisma.sql`coalesce(d.stream, ''), coalesce(d.stream_version, 0), d.id`

/**
 * The next dead letters of the scope after a place in its order. Messages that died again under this very redrive are
 * left out, so it comes to an end.
 */
export async function nextCandidates(
  connection: pg.PoolClient,
  { reaction, selector, actionId }: Scope,
  after: Candidate | undefined,
  limit: number,
): Promise<Candidate[]> {
  const place = after
    ? Prisma.sql`(${SEQUENCE}) > (${after.stream}::text, ${after.streamVersion}::int, ${after.id}::uuid)`
    : Prisma.sql`true`
  const found = await query<Candidate>(
    connection,
    Prisma.sql`
      SELECT d.id, coalesce(d.stream, '') AS stream, coalesce(d.stream_version, 0) AS "streamVersion",
        octet_length(d.body) AS bytes
      FROM dead_letters d
      WHERE ${matching(reaction, selector)} AND ${place}
        AND NOT EXISTS (SELECT FROM dead_letters p WHERE p.id = d.parent_id AND p.action_id = ${actionId}::uuid)
      ORDER BY ${SEQUENCE} LIMIT ${limit}`,
  )
  let bytes = 0
  return found.filter((candidate, index) => (bytes += candidate.bytes) <= MAX_BYTES || index === 0)
}

/** A dead letter that the running transaction has moved out of `open`. */
export interface Claimed {
  id: string
  eventId: string | null
  eventType: string | null
  contentType: string | null
  exchange: string
  routingKey: string
  headers: Record<string, unknown>
  body: Buffer
  /** Its event was handled before: nothing is to be sent. */
  handled: boolean
}

/** Moves open dead letters to `redriven`, or to `resolved` where the ledger has their event; in the order given. */
export async function claim(connection: pg.PoolClient, candidates: readonly Candidate[], { actionId }: Scope) {
  const ids = candidates.map(({ id }) => id)
  const rows = await query<Claimed>(
    connection,
    Prisma.sql`
      WITH locked AS (
        SELECT d.id, ${HANDLED} AS handled FROM dead_letters d
        WHERE d.id = ANY(${ids}::uuid[]) AND d.status = 'open' ORDER BY d.id FOR UPDATE
      )
      UPDATE dead_letters d
      SET status = CASE WHEN locked.handled THEN 'resolved' ELSE 'redriven' END,
        closed_at = clock_timestamp(), action_id = ${actionId}::uuid
      FROM locked WHERE d.id = locked.id
      RETURNING d.id, d.event_id AS "eventId", d.event_type AS "eventType", d.content_type AS "contentType", d.exchange,
        d.routing_key AS "routingKey", d.headers, d.body, locked.handled`,
  )
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/** The message of a dead letter as it first was: straight to its reaction's queue, at its first attempt. */
export function toMessage(letter: Claimed, reaction: string, names: Names): Outgoing {
  const { id, eventId, eventType, contentType, exchange, routingKey, headers, body } = letter
  return {
    exchange: '',
    routingKey: names.queue(reaction),
    messageId: eventId ?? id,
    ...(eventType !== null && { type: eventType }),
    ...(contentType !== null && { contentType }),
    headers: {
      ...withoutDeath(headers),
      [HEADER.attempt]: 1,
      [HEADER.exchange]: exchange,
      [HEADER.routingKey]: routingKey,
      [HEADER.parent]: id,
    },
    body,
  }
}

/** What brokers and our own run loop noted on the way to its death; left in, it would count against the new life. */
const DEATH_HEADER = /^(x-(death|first-death|last-death|delivery-count|acquired-count|fanfare|opt-)|b?cc$)/i

function withoutDeath(headers: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !DEATH_HEADER.test(name)))
}

/** Prisma's composed SQL on a connection of our own. */
export async function query<Row extends object>(
  connection: pg.PoolClient,
  { text, values }: Prisma.Sql,
): Promise<Row[]> {
  const { rows } = await connection.query<Row>(text, values)
  return rows
}
