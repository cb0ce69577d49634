import type { Database, Transaction } from '#platform/database'
import { Prisma } from '#prisma'

/** A reaction that an operator has paused: no process runs it, and what it is owed waits. */
export interface ReactionPause {
  reaction: string
  since: Date
  operator: string
  reason: string | null
}

/** The longest first. */
export const listPauses = (db: Database | Transaction): Promise<ReactionPause[]> =>
  db.reactionPause.findMany({ orderBy: [{ since: 'asc' }, { reaction: 'asc' }] })

/** Of a row `d` of `deliveries`: somebody may take it. */
export const NOT_PAUSED = Prisma.sql`NOT EXISTS (SELECT FROM reaction_pauses p WHERE p.reaction = d.reaction)`
