import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import type { Catalogue } from './catalogue.ts'

/** How often an event of one type was published because of another one. */
export interface Cause {
  /** The type of the event that caused it; null when a request or a schedule did. */
  because: string | null
  type: string
  times: number
}

export interface Causes {
  seen: readonly Cause[]
  /** Seen, and the code does not say so. */
  undeclared: readonly Cause[]
  /** The code says so, and it was never seen: perhaps it has not come to that yet. */
  unseen: readonly Omit<Cause, 'times'>[]
}

const CauseRow = row({ because: z.string().nullable(), type: z.string(), times: z.int() })

/**
 * What really happened, by the causation ids of the event store, against what the code says. Reads `latest` events.
 */
export async function compareCauses(db: Database, catalogue: Catalogue, latest: number): Promise<Causes> {
  const seen = await readRows(db, CauseRow)`
    SELECT cause.type AS because, event.type, count(*)::int AS times
    FROM (SELECT type, causation_id FROM events ORDER BY position DESC LIMIT ${latest}) AS event
    LEFT JOIN events cause ON cause.id = event.causation_id
    WHERE event.causation_id IS NULL OR cause.id IS NOT NULL
    GROUP BY 1, 2 ORDER BY 1 NULLS FIRST, 2`
  const possible = possibleIn(catalogue)
  const isPossible = ({ because, type }: Cause) => possible.has(key(because, type))
  const happened = new Set(seen.map(({ because, type }) => key(because, type)))
  const unseen = [...possible.values()].filter(({ because, type }) => !happened.has(key(because, type)))
  return { seen, undeclared: seen.filter((one) => !isPossible(one)), unseen }
}

const key = (because: string | null, type: string) => `${because ?? ''} ${type}`

/** Every pair that the declarations allow: a reaction may publish each of its events because of each that it is on. */
function possibleIn({ release: { reactions, routes, jobs } }: Catalogue) {
  const byReactions = reactions.flatMap(({ on, publishes }) =>
    on.flatMap((cause) => publishes.map(({ type }) => ({ because: cause.type, type }))),
  )
  const byOthers = [...routes, ...jobs].flatMap(({ publishes = [] }) =>
    publishes.map(({ type }) => ({ because: null, type })),
  )
  return new Map([...byReactions, ...byOthers].map((one) => [key(one.because, one.type), one]))
}
