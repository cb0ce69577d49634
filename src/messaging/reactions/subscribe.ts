import type { Database } from '#platform/database'
import type { Reaction } from './define-reaction.ts'

/**
 * Records what reactions are on. A new subscription counts from the relay's checkpoint of this moment; the history
 * before it is for replay. Types a reaction is no longer on are forgotten.
 */
export async function subscribe(db: Database, reactions: readonly Reaction[]): Promise<void> {
  const rows = reactions.flatMap(({ name, on }) => on.map(({ type }) => ({ reaction: name, event_type: type })))
  await db.$executeRaw`
    INSERT INTO subscriptions (reaction, event_type, since)
    SELECT reaction, event_type, coalesce((SELECT max(position) FROM relay_leases), 0)
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(reaction text, event_type text)
    ORDER BY reaction, event_type
    ON CONFLICT DO NOTHING`
  for (const { name, on } of reactions) {
    await db.subscription.deleteMany({ where: { reaction: name, eventType: { notIn: on.map(({ type }) => type) } } })
  }
}

/** Forgets a reaction for good: nothing is owed to it any more. @returns false when it was not known */
export async function retire(db: Database, reaction: string): Promise<boolean> {
  const { count } = await db.subscription.deleteMany({ where: { reaction } })
  await db.blockedDelivery.deleteMany({ where: { reaction } })
  return count > 0
}

/** The event types of each known reaction. */
export async function knownSubscriptions(db: Database): Promise<Map<string, string[]>> {
  const rows = await db.subscription.findMany({ orderBy: [{ reaction: 'asc' }, { eventType: 'asc' }] })
  const types = new Map<string, string[]>()
  for (const { reaction, eventType } of rows) types.set(reaction, [...(types.get(reaction) ?? []), eventType])
  return types
}
