import { z } from 'zod'
import { readRow, row, type Database, type Transaction } from '#platform/database'
import { archivedUpTo } from '../event-store/archives.ts'
import { relayCheckpoint } from '../event-store/checkpoint.ts'

export interface ReplayRange {
  /** A reaction that is subscribed. */
  reaction: string
  /** Events after this position. @default 0n, all of history */
  from?: bigint
  /** Only these event types. @default all that the reaction is on */
  types?: readonly string[]
}

export interface ReplayPlan {
  reaction: string
  types: string[]
  from: bigint
  /** The relay's checkpoint: what comes after it arrives by itself. */
  to: bigint
  /** Events of the range. */
  events: number
  handled: number
  /** Kept by a delivery that is retried, held, dead or discarded: redrive or retry them instead. */
  kept: number
}

/** What was asked for cannot be done: the message says why. Nothing was changed. */
export class ReplayRefused extends Error {
  override name = 'ReplayRefused'
}

const Counts = row({ events: z.int(), handled: z.int(), kept: z.int() })

/** What a replay would do. Changes nothing. @throws ReplayRefused when a part of the range lies in archives */
export async function planReplay(db: Database, { reaction, from = 0n, types }: ReplayRange): Promise<ReplayPlan> {
  const wanted = await subscribedTypes(db, reaction, types)
  await expectInStore(db, from)
  const to = await relayCheckpoint(db)
  const counts = await readRow(db, Counts)`
    SELECT count(*)::int AS events, count(h.event_id)::int AS handled,
      (count(d.event_id) FILTER (WHERE h.event_id IS NULL))::int AS kept
    FROM events e
    LEFT JOIN handled_events h ON h.event_id = e.id AND h.reaction = ${reaction}
    LEFT JOIN deliveries d ON d.event_id = e.id AND d.reaction = ${reaction} AND d.state <> 'resolved'
    WHERE e.type = ANY(${wanted}) AND e.position > ${from} AND e.position <= ${to}`
  return { reaction, types: wanted, from, to, ...counts }
}

/** @throws ReplayRefused when events after this position lie in an archive */
export async function expectInStore(db: Database | Transaction, after: bigint): Promise<void> {
  const archived = await archivedUpTo(db)
  if (archived !== null && after < archived)
    throw new ReplayRefused(
      `Events up to position ${archived} lie in archives. Restore them first, or leave them out with --from ${archived}.`,
    )
}

async function subscribedTypes(db: Database, reaction: string, types: readonly string[] | undefined) {
  const subscriptions = await db.subscription.findMany({ orderBy: [{ reaction: 'asc' }, { eventType: 'asc' }] })
  const own = subscriptions.filter((row) => row.reaction === reaction).map(({ eventType }) => eventType)
  if (own.length === 0) {
    const known = [...new Set(subscriptions.map((row) => row.reaction))].join(', ')
    throw new ReplayRefused(`No reaction '${reaction}' is subscribed to anything. Subscribed are: ${known || 'none'}.`)
  }
  const foreign = types?.filter((type) => !own.includes(type)) ?? []
  if (foreign.length > 0)
    throw new ReplayRefused(`${reaction} is not on ${foreign.join(', ')}; it is on ${own.join(', ')}.`)
  return types ? [...types] : own
}
