import type { Database } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import { RUNNING } from '../../processes/index.ts'
import { Refused, type DeadLetterContext } from '../operator-context.ts'

interface Asked {
  /** Of what runs by the clock. */
  schedule: string
  reason?: string | undefined
}

/**
 * Asks for a run out of turn: a scheduler takes it up within seconds, or when one runs again. It is on record from now on, and how it ended
 * once it has.
 * @throws Refused when it runs at this moment, is asked for already, or has never run here
 */
export async function askRun(context: DeadLetterContext, { schedule, reason }: Asked): Promise<{ actionId: string }> {
  const { db, operator } = context
  const actionId = uuidv7()
  const asked = await db.$executeRaw`
    WITH asked AS (
      UPDATE schedule_runs s SET asked_in = ${actionId}::uuid
      WHERE name = ${schedule} AND asked_in IS NULL
        AND NOT (finished_at IS NULL AND EXISTS (SELECT FROM ${RUNNING} AS r WHERE r.instance = s.instance)) RETURNING name
    )
    INSERT INTO operator_actions (action_id, phase, operator, action, reaction, selector, reason)
    SELECT ${actionId}::uuid, 'begun', ${operator}::text, 'run-schedule', '',
      jsonb_build_object('schedule', name), ${reason ?? null}::text FROM asked`
  if (asked === 0) throw new Refused(await whyNot(db, schedule))
  return { actionId }
}

async function whyNot(db: Database, name: string): Promise<string> {
  const row = await db.scheduleRun.findUnique({ where: { name } })
  if (!row) return `Nothing called ${name} has run by the clock here.`
  if (row.askedIn !== null) return `${name} is asked for already, and begins as soon as a scheduler takes it up.`
  return `${name} runs at this moment, since ${row.begunAt.toISOString()} in ${row.instance}: wait for its end.`
}
