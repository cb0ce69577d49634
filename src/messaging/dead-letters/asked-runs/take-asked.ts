import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import type { ActionOutcome } from '../operator-actions.ts'

/** A run that an operator has asked for. */
export type AskedRun = z.infer<typeof AskedRun>
const AskedRun = row({ name: z.string(), actionId: z.string() })

/** Takes up what operators have asked for, of these: each is given to one who asks. */
export function takeAskedRuns(db: Database, names: readonly string[]): Promise<AskedRun[]> {
  return readRows(db, AskedRun)`
    WITH asked AS (
      SELECT name, asked_in FROM schedule_runs WHERE asked_in IS NOT NULL AND name = ANY(${[...names]}::text[])
      FOR UPDATE SKIP LOCKED
    )
    UPDATE schedule_runs s SET asked_in = NULL FROM asked WHERE s.name = asked.name
    RETURNING s.name, asked.asked_in::text AS "actionId"`
}

interface Ended {
  outcome: ActionOutcome
  /** Why it was not done. */
  why?: string
}

/** Writes down how it ended. Of a process that is killed nothing is written: the action stays without its end. */
export const finishAskedRun = (db: Database, { actionId }: AskedRun, { outcome, ...result }: Ended): Promise<number> =>
  db.$executeRaw`
    INSERT INTO operator_actions (action_id, phase, operator, action, reaction, selector, reason, outcome, result)
    SELECT action_id, 'finished', operator, action, reaction, selector, reason, ${outcome}::text,
      ${JSON.stringify(result)}::jsonb
    FROM operator_actions WHERE action_id = ${actionId}::uuid AND phase = 'begun'`
