import type { Database } from '#platform/database'
import { listGroups, type Group } from '../browse.ts'
import { readSince, type GroupSince } from './read-since.ts'

/** Dead letters of one cause, and what has changed since they were given up. */
export type DescribedGroup = Group & Omit<GroupSince, 'reaction' | 'fingerprint'>

/** The groups of a reaction, the largest first. @param limit default 100 */
export async function describeGroups(db: Database, reaction: string, limit?: number): Promise<DescribedGroup[]> {
  const groups = await listGroups(db, reaction, limit)
  const told = await readSince(
    db,
    groups.map(({ fingerprint }) => ({ reaction, fingerprint })),
  )
  return groups.flatMap((group) => {
    const since = told.find(({ fingerprint }) => fingerprint === group.fingerprint)
    if (!since) return [] // repaired in this moment
    const { reaction: _, ...rest } = since
    return [{ ...group, ...rest }]
  })
}
