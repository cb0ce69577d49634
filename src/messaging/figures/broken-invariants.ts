import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'

/** An invariant that the latest audit has found broken. */
export type BrokenInvariant = z.infer<typeof BrokenInvariant>
const BrokenInvariant = row({ invariant: z.string(), says: z.string(), count: z.int(), at: z.date() })

/** What the latest audit that was finished has found, by whomever it was begun. */
export function readBrokenInvariants(db: Database): Promise<BrokenInvariant[]> {
  return readRows(db, BrokenInvariant)`
    WITH latest AS (
      SELECT at, result FROM operator_actions
      WHERE action = 'audit' AND phase = 'finished' AND outcome = 'done' ORDER BY id DESC LIMIT 1
    )
    SELECT found.invariant, found.says, found.count, latest.at
    FROM latest, jsonb_to_recordset(latest.result->'findings') AS found(invariant text, says text, count int, "onlyWarns" boolean)
    WHERE found.count > 0 AND NOT found."onlyWarns"`
}
