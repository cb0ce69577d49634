import { z } from 'zod'
import { append } from '#messaging'
import { readRows, row, type Database } from '#platform/database'
import { expire } from './decide.ts'
import { decideTrips } from './decide-trips.ts'

const IdRow = row({ id: z.string() })

/** Ends trips that have found no driver within `olderThanMs`. @returns how many were looked at */
export async function expireTrips(db: Database, { olderThanMs, limit }: { olderThanMs: number; limit: number }) {
  return db.$transaction(async (tx) => {
    const late = await readRows(tx, IdRow)`
      SELECT id::text FROM trips WHERE status = 'requested' AND requested_at < now() - ${olderThanMs}::float8 * interval '1 ms'
      ORDER BY requested_at LIMIT ${limit}`
    const decided = await decideTrips(
      tx,
      late.map(({ id }) => id),
      expire,
    )
    await append(
      tx,
      [...decided].flatMap(([id, facts]) => facts.map((fact) => ({ ...fact, correlationId: id }))),
    )
    return late.length
  })
}
