import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'

/** A reaction, as far as its subscriptions are concerned. */
interface Subscriber {
  readonly name: string
  readonly on: readonly { readonly type: string }[]
  readonly from?: 'beginning' | 'now'
}

const Added = row({ reaction: z.string() })

/**
 * Records what reactions are on. A new subscription counts from the relay's checkpoint of this moment, and the history
 * before it is for replay; that of a reaction from the beginning counts from there. Nothing is removed: a process of an older release, which does not know a type yet, must not
 * forget it for the newer ones. `retire` removes.
 * @returns the reactions that have a new subscription: once their queues are bound, `catchUp` is due
 */
export async function subscribe<Reaction extends Subscriber>(
  db: Database,
  reactions: readonly Reaction[],
): Promise<Reaction[]> {
  const rows = reactions.flatMap(({ name, on, from = 'now' }) =>
    on.map(({ type }) => ({ reaction: name, event_type: type, from_now: from === 'now' })),
  )
  const added = await readRows(db, Added)`
    INSERT INTO subscriptions (reaction, event_type, since)
    SELECT reaction, event_type, CASE WHEN from_now THEN coalesce((SELECT max(position) FROM relay_checkpoints), 0) ELSE 0 END
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(reaction text, event_type text, from_now boolean)
    ORDER BY reaction, event_type
    ON CONFLICT DO NOTHING RETURNING reaction`
  const joined = new Set(added.map(({ reaction }) => reaction))
  return reactions.filter(({ name }) => joined.has(name))
}

/** Subscriptions that no loaded reaction asks for: of a newer release, or waiting to be retired. */
export async function strangeSubscriptions(
  db: Database,
  reactions: readonly Subscriber[],
): Promise<{ reaction: string; eventType: string }[]> {
  const own = new Map(reactions.map(({ name, on }) => [name, new Set(on.map(({ type }) => type))]))
  const rows = await db.subscription.findMany({ where: { reaction: { in: [...own.keys()] } } })
  return rows
    .filter(({ reaction, eventType }) => !own.get(reaction)!.has(eventType))
    .map(({ reaction, eventType }) => ({ reaction, eventType }))
}

/**
 * Ends subscriptions for good: nothing is owed to the reaction (of that type) any more, and what was being retried or blocked
 * is given up. Dead letters stay for whoever looks into them. With its last subscription its pause ends.
 * @returns the types that are retired; none when it was not subscribed
 */
export async function retire(db: Database, reaction: string, eventType?: string): Promise<string[]> {
  const what = { reaction, ...(eventType !== undefined && { eventType }) }
  return db.$transaction(async (tx: Transaction) => {
    const retired = await tx.subscription.findMany({ where: what, orderBy: { eventType: 'asc' } })
    await tx.subscription.deleteMany({ where: what })
    await tx.delivery.deleteMany({ where: { ...what, state: { in: ['retrying', 'blocked', 'held'] } } })
    await tx.delivery.updateMany({
      where: { reaction, state: 'blocked' }, // perhaps behind one that nobody waits for any more
      data: { state: 'retrying', dueAt: new Date(0), reason: 'released' },
    })
    // Otherwise a reaction that gets this name later would begin paused.
    if ((await tx.subscription.count({ where: { reaction } })) === 0)
      await tx.reactionPause.deleteMany({ where: { reaction } })
    return retired.map(({ eventType }) => eventType)
  })
}

/** The event types of each known reaction. */
export async function knownSubscriptions(db: Database): Promise<Map<string, string[]>> {
  const rows = await db.subscription.findMany({ orderBy: [{ reaction: 'asc' }, { eventType: 'asc' }] })
  const types = new Map<string, string[]>()
  for (const { reaction, eventType } of rows) types.set(reaction, [...(types.get(reaction) ?? []), eventType])
  return types
}

/** Whether the reaction is on anything. */
export async function isKnownReaction(db: Database, reaction: string): Promise<boolean> {
  return (await db.subscription.count({ where: { reaction } })) > 0
}

/** Whether any release of the reaction is on this type. */
export async function isSubscribed(db: Database, reaction: string, eventType: string): Promise<boolean> {
  return (await db.subscription.count({ where: { reaction, eventType } })) > 0
}
