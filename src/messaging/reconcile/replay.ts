import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { readRow, readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'
import { deliverAgain } from '../deliveries/deliver-again.ts'
import { isRecoveryRequested } from '../deliveries/recovery-requests.ts'
import { holdReaction, type Hold } from './hold.ts'
import { expectInStore, planReplay, ReplayRefused, type ReplayPlan, type ReplayRange } from './plan-replay.ts'

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

/**
 * Has history delivered to one reaction, page by page and in order of position, without the broker. Its subscription is moved
 * back, so the events count as its own from then on: if the replay is cut short, reconciliation brings the rest. With a
 * `rate` that is done at the end, because reconciliation and recovery know no rate; what is missing is for another call.
 * Events that it handled before are skipped. When recovery of the reaction is requested, the replay lets it go first.
 *
 * With `again` each page is forgotten and delivered in one transaction, under a mark of how far it has come: killed anywhere
 * and called again with the same range, it goes on from there, and each event of the range is handled once more exactly once.
 * @returns how many events were delivered
 * @throws ReplayRefused, also when a part of what is left goes into an archive meanwhile
 */
export async function replay(options: ReplayOptions): Promise<number> {
  const { db, reaction, instance, rate, signal } = options
  const plan = await planReplay(db, options)
  const progress: Progress = { after: plan.from, delivered: 0, isComplete: false }
  let hold = await holdReaction(db, reaction, instance)
  if (!hold) throw new ReplayRefused(`${reaction} is being reconciled or replayed by another process; try again later.`)
  while (hold) {
    try {
      if (rate === undefined) await makeOwn(plan, hold, db)
      await deliverPages(plan, progress, hold, options)
      if (rate !== undefined && progress.isComplete) await makeOwn(plan, hold, db)
    } finally {
      await hold.release()
    }
    hold = progress.isComplete || signal?.aborted ? undefined : await holdAfterRecovery(options)
  }
  return progress.delivered
}

interface Progress {
  after: bigint
  delivered: number
  isComplete: boolean
}

/** The events count as the reaction's own. The watermark first: too low it costs only time. */
async function makeOwn({ reaction, from, types }: ReplayPlan, hold: Hold, db: Database) {
  await hold.moveTo(from < hold.watermark ? from : hold.watermark)
  await db.$executeRaw`
    UPDATE subscriptions SET since = least(since, ${from}) WHERE reaction = ${reaction} AND event_type = ANY(${types})`
}

/** Lets the relay recover the reaction, which needs the hold, but waits no longer for a relay that is away. */
async function holdAfterRecovery({ db, reaction, instance, signal }: ReplayOptions): Promise<Hold | undefined> {
  const end = performance.now() + RECOVERY_MS
  while (performance.now() < end && (await isRecoveryRequested(db, reaction))) await pause(LOOK_MS, signal)
  while (!signal?.aborted) {
    const hold = await holdReaction(db, reaction, instance)
    if (hold) return hold
    await pause(LOOK_MS, signal)
  }
  return undefined
}

const PAGE = 1_000
/** Deliveries that may wait in PostgreSQL before the next page is added. */
const BACKLOG = 5_000
const LOOK_MS = 100
/** Milliseconds that a request for recovery is given between two pages. */
const RECOVERY_MS = 5_000

/** Until nothing is left, or the hold is to be let go; a page at least, if there is room for it. */
async function deliverPages(plan: ReplayPlan, progress: Progress, hold: Hold, options: ReplayOptions) {
  const { db, rate = Number.POSITIVE_INFINITY, again = false, pageSize = PAGE, signal, onProgress } = options
  const begun = again ? await beginAgain(db, plan) : plan
  const range = { ...plan, to: begun.to }
  if (begun.from > progress.after) progress.after = begun.from
  let dueAt = -Infinity
  while (await mayGoOn(dueAt, options)) {
    await hold.confirm()
    dueAt = performance.now() + (pageSize / rate) * 1_000
    const page = await deliverPage(progress.after, range, hold, options)
    if (!page) {
      progress.isComplete = true
      break
    }
    progress.delivered += page.delivered
    progress.after = page.upTo
    onProgress?.(progress.delivered)
  }
  if (again && !signal?.aborted && progress.isComplete) await endAgain(db, plan.reaction)
}

/**
 * Waits until the next page is due and the reaction has handled enough of those before: a long history does not fill the
 * table of deliveries. @returns false when the hold is to be let go: recovery is requested, or the replay is stopped
 */
async function mayGoOn(dueAt: number, { db, reaction, signal }: ReplayOptions): Promise<boolean> {
  const isFirst = dueAt === -Infinity
  while (!signal?.aborted) {
    const leftMs = dueAt - performance.now()
    const isReady = leftMs <= 0 && (await hasRoom(db, reaction))
    if (isReady && isFirst) return true
    if (await isRecoveryRequested(db, reaction)) return false
    if (isReady) return true
    await pause(leftMs > 0 ? Math.min(leftMs, LOOK_MS) : LOOK_MS, signal)
  }
  return false
}

async function hasRoom(db: Database, reaction: string): Promise<boolean> {
  return (await db.delivery.count({ where: { reaction, state: 'retrying', reason: 'replayed' } })) < BACKLOG
}

const Place = row({ position: z.bigint(), id: z.string() })

/** One transaction: forgotten and due, or neither. */
function deliverPage(
  after: bigint,
  { reaction, types, to }: ReplayPlan,
  hold: Hold,
  { db, instance, again, pageSize = PAGE }: ReplayOptions,
) {
  return db.$transaction(async (tx) => {
    const rows = await readRows(tx, Place)`
      SELECT position, id FROM events WHERE type = ANY(${types}) AND position > ${after} AND position <= ${to}
      ORDER BY position LIMIT ${pageSize}`
    await expectInStore(tx, after) // since the plan was made; having read from it, we keep every partition where it is
    if (rows.length === 0) return undefined
    const ids = rows.map(({ id }) => id)
    const upTo = rows.at(-1)!.position
    if (again) await tx.handledEvent.deleteMany({ where: { reaction, eventId: { in: ids } } })
    const delivered = await deliverAgain(tx, reaction, { ids }, { reason: 'replayed', instance })
    if (again) await hold.noteReplayed(tx, upTo)
    return { upTo, delivered }
  })
}

const Rest = row({ from: z.bigint(), to: z.bigint().nullable() })

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
  const rest = await readRow(db, Rest)`
    UPDATE reconcile_state
    SET replayed_to = CASE WHEN ${isSame} THEN replayed_to ELSE ${from}::bigint END,
      replay_range = CASE WHEN ${isSame} THEN replay_range ELSE ${whole} END
    WHERE reaction = ${reaction} RETURNING replayed_to AS "from", (replay_range::jsonb->>'to')::bigint AS "to"`
  return { from: rest.from, to: rest.to ?? to }
}

async function endAgain(db: Database, reaction: string) {
  await db.$executeRaw`UPDATE reconcile_state SET replay_range = NULL, replayed_to = NULL WHERE reaction = ${reaction}`
}

async function pause(ms: number, signal: AbortSignal | undefined) {
  await wait(ms, undefined, signal && { signal }).catch(() => {})
}
