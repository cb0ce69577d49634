import type { Database } from '#platform/database'
import { Prisma } from '#prisma'
import { DIED_AGAIN, HANDLED } from './selector.ts'

/** What became of the messages that one redrive has sent. */
export interface Outcomes {
  handled: number
  /** A new dead letter descends from it. */
  deadAgain: number
  /** Failed since, and waits for its next attempt. */
  retrying: number
  /** Nothing is known yet. */
  inFlight: number
}

export const NOTHING_KNOWN: Outcomes = { handled: 0, deadAgain: 0, retrying: 0, inFlight: 0 }

const RETRYING = Prisma.sql`EXISTS (
  SELECT FROM delivery_failures f WHERE f.event_id = d.event_id AND f.reaction = d.reaction AND f.failed_at >= d.closed_at)`

/** @param alreadyHandled dead letters that the redrive resolved without sending anything */
export async function readOutcomes(db: Database, actionId: string, alreadyHandled: number): Promise<Outcomes> {
  const [row] = await db.$queryRaw<(Outcomes & { resolved: number })[]>`
    WITH sent AS MATERIALIZED (
      SELECT ${HANDLED} AS handled, ${DIED_AGAIN} AS died, ${RETRYING} AS tried
      FROM dead_letters d WHERE d.action_id = ${actionId}::uuid AND d.status = 'redriven'
    )
    SELECT (SELECT count(*)::int FROM dead_letters WHERE action_id = ${actionId}::uuid AND status = 'resolved') AS resolved,
      count(*) FILTER (WHERE handled)::int AS handled,
      count(*) FILTER (WHERE NOT handled AND died)::int AS "deadAgain",
      count(*) FILTER (WHERE NOT handled AND NOT died AND tried)::int AS retrying,
      count(*) FILTER (WHERE NOT handled AND NOT died AND NOT tried)::int AS "inFlight"
    FROM sent`
  const { resolved, ...sent } = row!
  return { ...sent, handled: sent.handled + resolved - alreadyHandled }
}

export const known = ({ handled, deadAgain, retrying }: Outcomes) => handled + deadAgain + retrying

/** From 0 to 1, of those whose fate shows. A first failed attempt counts: its retries may take half an hour. */
export function failureShare(outcomes: Outcomes): number {
  const of = known(outcomes)
  return of === 0 ? 0 : (outcomes.deadAgain + outcomes.retrying) / of
}
