import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '#platform/database'
import { Prisma } from '#prisma'
import { deliverAgain } from '../deliveries/deliver-again.ts'
import { relayCheckpoint } from '../event-store/checkpoint.ts'
import { holdReaction, type Hold } from './hold.ts'

export interface ReplayRange {
  /** A reaction that is subscribed. */
  reaction: string
  /** Events after this position. @default 0n, all of history */
  from?: bigint
  /** Only these event types. @default all that the reaction is on */
  types?: readonly string[]
}

export interface ReplayOptions extends ReplayRange {
  db: Database
  /** Names this process while it holds the reaction. */
  instance: string
  /** Events per second at most. @default as fast as the reaction handles them */
  rate?: number
  /**
   * Forget that the events were handled, so that they are handled a second time: for rebuilding a projection whose rows
   * were removed before. Nothing else is undone. @default false
   */
  again?: boolean
  /** Events that one transaction has delivered. @default 1000 */
  pageSize?: number
  /** Called after each page. */
  onProgress?: (delivered: number) => void
  signal?: AbortSignal
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

/** What a replay would do. Changes nothing. */
export async function planReplay(db: Database, { reaction, from = 0n, types }: ReplayRange): Promise<ReplayPlan> {
  const wanted = await subscribedTypes(db, reaction, types)
  const to = await relayCheckpoint(db)
  const [count] = await db.$queryRaw<Pick<ReplayPlan, 'events' | 'handled' | 'kept'>[]>`
    SELECT count(*)::int AS events, count(h.event_id)::int AS handled,
      (count(d.event_id) FILTER (WHERE h.event_id IS NULL))::int AS kept
    FROM events e
    LEFT JOIN handled_events h ON h.event_id = e.id AND h.reaction = ${reaction}
    LEFT JOIN deliveries d ON d.event_id = e.id AND d.reaction = ${reaction} AND d.state <> 'resolved'
    WHERE e.type = ANY(${wanted}) AND e.position > ${from} AND e.position <= ${to}`
  return { reaction, types: wanted, from, to, ...count! }
}

/**
 * Has history delivered to one reaction, page by page and in order of position, without the broker. Its subscription is moved
 * back, so the events count as its own from then on: if the replay is cut short, reconciliation brings the rest. Events
 * that it handled before are skipped.
 *
 * With `again` each page is forgotten and delivered in one transaction, under a mark of how far it has come: killed anywhere
 * and called again with the same range, it goes on from there, and each event of the range is handled once more exactly once.
 * @returns how many events were delivered
 * @throws ReplayRefused
 */
export async function replay(options: ReplayOptions): Promise<number> {
  const { db, reaction, instance } = options
  const plan = await planReplay(db, options)
  const hold = await holdReaction(db, reaction, instance)
  if (!hold) throw new ReplayRefused(`${reaction} is being reconciled or replayed by another process; try again later.`)
  try {
    // The watermark first: too low it costs only time.
    await hold.moveTo(plan.from < hold.watermark ? plan.from : hold.watermark)
    await db.$executeRaw`
      UPDATE subscriptions SET since = least(since, ${plan.from})
      WHERE reaction = ${reaction} AND event_type = ANY(${plan.types})`
    return await deliverPages(plan, hold, options)
  } finally {
    await hold.release()
  }
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

const PAGE = 1_000
/** Deliveries that may wait in PostgreSQL before the next page is added. */
const BACKLOG = 5_000
const LOOK_MS = 100

async function deliverPages(plan: ReplayPlan, hold: Hold, options: ReplayOptions) {
  const { db, rate = Number.POSITIVE_INFINITY, again = false, pageSize = PAGE, signal, onProgress } = options
  let delivered = 0
  const begun = again ? await beginAgain(db, plan) : plan
  const range = { ...plan, to: begun.to }
  let after = begun.from
  while (!signal?.aborted) {
    await waitForRoom(db, plan.reaction, signal)
    await hold.confirm()
    const pageEnds = performance.now() + (pageSize / rate) * 1_000
    const page = await deliverPage(after, range, hold, options)
    if (!page) break
    delivered += page.delivered
    after = page.upTo
    onProgress?.(delivered)
    await pause(pageEnds - performance.now(), signal)
  }
  if (again && !signal?.aborted) await endAgain(db, plan.reaction)
  return delivered
}

/** One transaction: forgotten and due, or neither. */
function deliverPage(
  after: bigint,
  { reaction, types, to }: ReplayPlan,
  hold: Hold,
  { db, instance, again, pageSize = PAGE }: ReplayOptions,
) {
  return db.$transaction(async (tx) => {
    const rows = await tx.$queryRaw<{ position: bigint; id: string }[]>`
      SELECT position, id FROM events WHERE type = ANY(${types}) AND position > ${after} AND position <= ${to}
      ORDER BY position LIMIT ${pageSize}`
    if (rows.length === 0) return undefined
    const ids = rows.map(({ id }) => id)
    const upTo = rows.at(-1)!.position
    if (again) await tx.handledEvent.deleteMany({ where: { reaction, eventId: { in: ids } } })
    const delivered = await deliverAgain(tx, reaction, { ids }, { reason: 'replayed', instance })
    if (again) await hold.noteReplayed(tx, upTo)
    return { upTo, delivered }
  })
}

/**
 * What is left of a replay of the same range that was cut short, or all of it. One that goes on ends where it would have ended at
 * first: what was published since has been handled once already.
 */
async function beginAgain(
  db: Database,
  { reaction, from, types, to }: ReplayPlan,
): Promise<{ from: bigint; to: bigint }> {
  const range = JSON.stringify({ from: String(from), types: types.toSorted() })
  const whole = JSON.stringify({ ...(JSON.parse(range) as object), to: String(to) })
  const isSame = Prisma.sql`coalesce(replay_range::jsonb - 'to' = ${range}::jsonb, false)`
  const [row] = await db.$queryRaw<{ from: bigint; to: bigint | null }[]>`
    UPDATE reconcile_state
    SET replayed_to = CASE WHEN ${isSame} THEN replayed_to ELSE ${from}::bigint END,
      replay_range = CASE WHEN ${isSame} THEN replay_range ELSE ${whole} END
    WHERE reaction = ${reaction} RETURNING replayed_to AS "from", (replay_range::jsonb->>'to')::bigint AS "to"`
  return { from: row!.from, to: row!.to ?? to }
}

async function endAgain(db: Database, reaction: string) {
  await db.$executeRaw`UPDATE reconcile_state SET replay_range = NULL, replayed_to = NULL WHERE reaction = ${reaction}`
}

/** Replays as fast as the reaction handles: a long history does not fill the table of deliveries. */
async function waitForRoom(db: Database, reaction: string, signal: AbortSignal | undefined) {
  while (!signal?.aborted) {
    const waiting = await db.delivery.count({ where: { reaction, state: 'retrying', reason: 'replayed' } })
    if (waiting < BACKLOG) return
    await pause(LOOK_MS, signal)
  }
}

async function pause(ms: number, signal: AbortSignal | undefined) {
  if (ms > 0) await wait(ms, undefined, signal && { signal }).catch(() => {})
}
