import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { patternOf } from '../deliveries/failure/fingerprint.ts'

/** A reaction that is paused in at least one process, because something it needs is away. */
export type OpenBreaker = z.infer<typeof OpenBreaker>
const OpenBreaker = row({
  reaction: z.string(),
  /** Name and message of the error that opened the first of them. */
  cause: z.string(),
  processes: z.int(),
  /** The names of these processes. */
  instances: z.array(z.string()),
  since: z.date(),
})

/** Reactions that are paused now, longest first. A process that was killed is forgotten after 15 s. */
export function readOpenBreakers(db: Database): Promise<OpenBreaker[]> {
  return readRows(db, OpenBreaker)`
    SELECT reaction, (array_agg(cause ORDER BY opened_at))[1] AS cause, count(*)::int AS processes,
      array_agg(instance) AS instances, min(opened_at) AS since
    FROM breakers WHERE closed_at IS NULL AND seen_at > clock_timestamp() - interval '15 s'
    GROUP BY reaction ORDER BY since, reaction`
}

/** Several reactions that need one thing, and several processes, are paused by one cause. */
export interface Outage {
  cause: string
  reactions: string[]
  /** One that runs several of the reactions counts once. */
  processes: number
  since: Date
}

/** Open breakers by cause: errors that differ only in ids, numbers and quoted texts are one. */
export function outagesOf(breakers: readonly OpenBreaker[]): Outage[] {
  const outages = new Map<string, Outage & { instances: Set<string> }>()
  for (const { reaction, cause, instances, since } of breakers) {
    const pattern = patternOf({ name: '', message: cause })
    const known = outages.get(pattern) ?? { cause, reactions: [], processes: 0, instances: new Set(), since }
    known.reactions.push(reaction)
    for (const instance of instances) known.instances.add(instance)
    outages.set(pattern, known)
  }
  return [...outages.values()].map(({ instances, ...outage }) => ({ ...outage, processes: instances.size }))
}
