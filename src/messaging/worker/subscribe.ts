import type { Database } from '#platform/database'
import type { Worker } from './define-worker.ts'

/**
 * Records what reactions are on. A new subscription counts from the relay's checkpoint of this moment; the history
 * before it is for replay. Types a reaction is no longer on are forgotten.
 */
export async function subscribe(db: Database, workers: readonly Worker[]): Promise<void> {
  const rows = workers.flatMap(({ name, on }) => on.map(({ type }) => ({ worker: name, event_type: type })))
  await db.$executeRaw`
    INSERT INTO subscriptions (worker, event_type, since)
    SELECT worker, event_type, coalesce((SELECT max(position) FROM relay_leases), 0)
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(worker text, event_type text)
    ORDER BY worker, event_type
    ON CONFLICT DO NOTHING`
  for (const { name, on } of workers) {
    await db.subscription.deleteMany({ where: { worker: name, eventType: { notIn: on.map(({ type }) => type) } } })
  }
}

/** Forgets a reaction for good: nothing is owed to it any more. @returns false when it was not known */
export async function retire(db: Database, worker: string): Promise<boolean> {
  const { count } = await db.subscription.deleteMany({ where: { worker } })
  await db.parkedDelivery.deleteMany({ where: { worker } })
  return count > 0
}

/** The event types of each known reaction. */
export async function knownSubscriptions(db: Database): Promise<Map<string, string[]>> {
  const rows = await db.subscription.findMany({ orderBy: [{ worker: 'asc' }, { eventType: 'asc' }] })
  const types = new Map<string, string[]>()
  for (const { worker, eventType } of rows) types.set(worker, [...(types.get(worker) ?? []), eventType])
  return types
}
