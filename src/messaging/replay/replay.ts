import type { Database } from '#platform/database'
import { topologyOf } from '../broker/topology.ts'
import { deliverAgain, type Redelivering } from '../reconcile/deliver-again.ts'
import { HELD_BY_DEAD_LETTER } from '../reconcile/survey.ts'
import { holdReaction, relayCheckpoint, type Hold } from '../reconcile/state.ts'

export interface ReplayRange {
  /** A reaction that is subscribed. */
  reaction: string
  /** Events after this position. @default 0n, all of history */
  from?: bigint
  /** Only these event types. @default all that the reaction is on */
  types?: readonly string[]
}

export interface ReplayOptions extends ReplayRange, Redelivering {
  /** Names this process while it holds the reaction. */
  instance: string
  /**
   * Forget that the events were handled, so that they are handled a second time: for rebuilding a projection whose rows
   * were removed before. Nothing else is undone. @default false
   */
  again?: boolean
  /** Called after each page. */
  onProgress?: (delivered: number) => void
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
  /** Kept by a dead letter; redrive them instead. */
  dead: number
}

/** What was asked for cannot be done: the message says why. Nothing was changed. */
export class ReplayRefused extends Error {
  override name = 'ReplayRefused'
}

/** What a replay would do. Changes nothing. */
export async function planReplay(db: Database, { reaction, from = 0n, types }: ReplayRange): Promise<ReplayPlan> {
  const wanted = await subscribedTypes(db, reaction, types)
  const to = await relayCheckpoint(db)
  const [count] = await db.$queryRaw<Pick<ReplayPlan, 'events' | 'handled' | 'dead'>[]>`
    SELECT count(*)::int AS events, count(d.event_id)::int AS handled,
      (count(*) FILTER (WHERE d.event_id IS NULL AND ${HELD_BY_DEAD_LETTER}))::int AS dead
    FROM (SELECT ${reaction}::text AS reaction) s
    JOIN events e ON e.type = ANY(${wanted}) AND e.position > ${from} AND e.position <= ${to}
    LEFT JOIN handled_events d ON d.event_id = e.id AND d.reaction = s.reaction`
  return { reaction, types: wanted, from, to, ...count! }
}

/**
 * Delivers history to one reaction, straight to its queue and in order of position. Its subscription is moved back, so
 * the events count as its own from then on: if the replay is cut short, reconciliation brings the rest. Events that
 * it handled before are skipped.
 * @returns how many events were delivered
 * @throws ReplayRefused
 */
export async function replay(options: ReplayOptions): Promise<number> {
  const { db, broker, names, ladder, reaction, instance } = options
  const plan = await planReplay(db, options)
  const hold = await holdReaction(db, reaction, instance)
  if (!hold) throw new ReplayRefused(`${reaction} is being reconciled or replayed by another process; try again later.`)
  try {
    // The watermark first: too low it costs only time.
    await hold.moveTo(plan.from < hold.watermark ? plan.from : hold.watermark)
    await hold.noteRedelivered(plan.to)
    await moveBack(db, plan, options.again ?? false)
    await broker.declare(topologyOf(names, { name: reaction, eventTypes: plan.types }, ladder))
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

async function moveBack(db: Database, { reaction, types, from, to }: ReplayPlan, again: boolean) {
  await db.$transaction(
    async (tx) => {
      await tx.$executeRaw`
        UPDATE subscriptions SET since = least(since, ${from}) WHERE reaction = ${reaction} AND event_type = ANY(${types})`
      if (!again) return
      await tx.$executeRaw`
        DELETE FROM handled_events d USING events e
        WHERE d.event_id = e.id AND d.reaction = ${reaction} AND e.type = ANY(${types}) AND e.position > ${from} AND e.position <= ${to}`
    },
    { timeout: 600_000 },
  )
}

const PAGE = 2_000

async function deliverPages({ reaction, types, from, to }: ReplayPlan, hold: Hold, options: ReplayOptions) {
  const { db, signal, onProgress } = options
  let delivered = 0
  for (let after = from; !signal?.aborted;) {
    const rows = await db.$queryRaw<{ position: bigint }[]>`
      SELECT position FROM events WHERE type = ANY(${types}) AND position > ${after} AND position <= ${to}
      ORDER BY position LIMIT ${PAGE}`
    if (rows.length === 0) break
    const positions = rows.map(({ position }) => position)
    delivered += await deliverAgain(options, reaction, positions, { keepAttempts: false, beforePage: hold.renew })
    onProgress?.(delivered)
    after = positions.at(-1)!
  }
  return delivered
}
