import type { Database } from '#platform/database'

/** What became of the deliveries that one redrive has sent on their way. */
export interface Outcomes {
  handled: number
  deadAgain: number
  /** Failed since, and waits for its next attempt. */
  retrying: number
  /** Nothing is known yet. */
  inFlight: number
}

export const NOTHING_KNOWN: Outcomes = { handled: 0, deadAgain: 0, retrying: 0, inFlight: 0 }

/** @param alreadyHandled those that the redrive itself resolved */
export async function readOutcomes(db: Database, actionId: string, alreadyHandled: number): Promise<Outcomes> {
  const [row] = await db.$queryRaw<[Outcomes]>`
    SELECT (count(*) FILTER (WHERE state = 'resolved'))::int - ${alreadyHandled}::int AS handled,
      (count(*) FILTER (WHERE state = 'dead'))::int AS "deadAgain",
      (count(*) FILTER (WHERE state IN ('retrying', 'blocked', 'held') AND attempts > 0))::int AS retrying,
      (count(*) FILTER (WHERE state IN ('retrying', 'blocked', 'held') AND attempts = 0))::int AS "inFlight"
    FROM deliveries WHERE action_id = ${actionId}::uuid`
  return row
}

export const known = ({ handled, deadAgain, retrying }: Outcomes) => handled + deadAgain + retrying

/** From 0 to 1, of those whose fate shows. A first failed attempt counts: its retries may take half an hour. */
export function failureShare(outcomes: Outcomes): number {
  const of = known(outcomes)
  return of === 0 ? 0 : (outcomes.deadAgain + outcomes.retrying) / of
}
