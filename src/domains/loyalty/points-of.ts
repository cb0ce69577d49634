import type { Database } from '#platform/database'

/** The points of a person; 0 for one who has no account. */
export async function pointsOf(db: Database, person: string): Promise<number> {
  return (await db.loyaltyAccount.findUnique({ where: { person } }))?.points ?? 0
}
