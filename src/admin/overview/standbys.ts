import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import type { Overview } from '../contract/index.ts'

type Finding = Omit<Overview['health'][number], 'name'>

const Standby = row({
  name: z.string(),
  state: z.string().nullable(),
  sync: z.string().nullable(),
  lagSeconds: z.number().nullable(),
})

/** A standby that is further behind would answer from a past that somebody notices. */
const LATE_S = 10

/** How far the standbys are behind. Undefined where there is none. */
export async function standbyHealth(db: Database): Promise<Finding | undefined> {
  const standbys = await readRows(db, Standby)`
    SELECT application_name AS name, state, sync_state AS sync, extract(epoch FROM replay_lag)::float8 AS "lagSeconds"
    FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup' ORDER BY application_name`
  if (standbys.length === 0) return undefined
  if (standbys.some(({ state }) => state === null))
    return { state: 'late', detail: 'There is a standby; its lag is shown to roles with pg_monitor alone' }
  const isLate = standbys.some(({ state, lagSeconds }) => state !== 'streaming' || (lagSeconds ?? 0) > LATE_S)
  const told = standbys.map(({ name, state, sync, lagSeconds }) => `${name}: ${state}, ${sync}, ${lagOf(lagSeconds)}`)
  return { state: isLate ? 'late' : 'ok', detail: told.join('; ') }
}

const lagOf = (seconds: number | null) => (seconds === null ? 'nothing behind' : `${seconds.toFixed(1)} s behind`)
