import type { Database, Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import { acquireLease, type Lease } from '../lease/lease.ts'

/** Milliseconds: longer than the relay's, because nobody waits for who is next. */
const LEASE_MS = 15_000

/** Asked in the statement that writes: after a failover it may be lower than the one that was read before. */
const CHECKPOINT = Prisma.sql`(SELECT coalesce(max(position), 0) FROM relay_checkpoints)`

/** The right to deliver a reaction's events again, for one process at a time, and what is known of its completeness. */
export interface Hold {
  readonly watermark: bigint
  /** Goes on only while nobody else can. @throws when the hold was lost */
  confirm(): Promise<void>
  /** Writes the watermark. @throws when the hold was lost */
  moveTo(watermark: bigint): Promise<void>
  /** Writes how far a replay has come, in the transaction that brings it there. @throws when the hold was lost */
  noteReplayed(tx: Transaction, upTo: bigint): Promise<void>
  release(): Promise<void>
}

/** Undefined when another process holds the reaction. */
export async function holdReaction(db: Database, reaction: string, instance: string): Promise<Hold | undefined> {
  const name = `reconcile ${reaction}`
  const begin = (tx: Transaction) => readState(tx, reaction)
  const acquired = await acquireLease({ db, name, holder: instance, leaseMs: LEASE_MS, begin })
  if (!acquired) return undefined
  const { lease, found } = acquired
  const update = updater(lease, reaction)
  return {
    watermark: found.watermark,
    confirm: lease.confirm,
    moveTo: (watermark) =>
      update(Prisma.sql`watermark = least(${watermark}, ${CHECKPOINT}), event_types = ${found.eventTypes}`),
    noteReplayed: (tx, upTo) => update(Prisma.sql`replayed_to = ${upTo}`, tx),
    release: lease.release,
  }
}

async function readState(tx: Transaction, reaction: string) {
  await tx.$executeRaw`INSERT INTO reconcile_state (reaction) VALUES (${reaction}) ON CONFLICT DO NOTHING`
  const { watermark, eventTypes } = await tx.reconcileState.findUniqueOrThrow({ where: { reaction } })
  const subscriptions = await tx.subscription.findMany({ where: { reaction } })
  // A type subscribed to since the watermark was written is complete only up to where its subscription begins.
  const added = subscriptions.filter(({ eventType }) => !eventTypes.includes(eventType))
  return {
    watermark: added.reduce((least, { since }) => (since < least ? since : least), watermark),
    eventTypes: subscriptions.map(({ eventType }) => eventType),
  }
}

function updater(lease: Lease, reaction: string) {
  return async (what: Prisma.Sql, tx?: Transaction) => {
    const written = await lease.write(
      Prisma.sql`UPDATE reconcile_state SET ${what} FROM held WHERE reaction = ${reaction}`,
      tx,
    )
    if (!written) throw new Error(`${reaction}: its reconciliation or replay has lost its lease: ${lease.ended}`)
  }
}
