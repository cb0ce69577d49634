import { z } from 'zod'
import { readRow, row, type Database } from '#platform/database'

/** What became of the deliveries that one redrive has sent on their way. */
export type Outcomes = z.infer<typeof Outcomes>
const Outcomes = row({
  handled: z.int(),
  deadAgain: z.int(),
  /** Failed since, and waits for its next attempt. */
  retrying: z.int(),
  /** Nothing is known yet. */
  inFlight: z.int(),
})

export const NOTHING_KNOWN: Outcomes = { handled: 0, deadAgain: 0, retrying: 0, inFlight: 0 }

/** @param alreadyHandled those that the redrive itself resolved */
export function readOutcomes(db: Database, actionId: string, alreadyHandled: number): Promise<Outcomes> {
  return readRow(db, Outcomes)`
    SELECT (count(*) FILTER (WHERE state = 'resolved'))::int - ${alreadyHandled}::int AS handled,
      (count(*) FILTER (WHERE state = 'dead'))::int AS "deadAgain",
      (count(*) FILTER (WHERE state IN ('retrying', 'blocked', 'held') AND attempts > 0))::int AS retrying,
      (count(*) FILTER (WHERE state IN ('retrying', 'blocked', 'held') AND attempts = 0))::int AS "inFlight"
    FROM deliveries WHERE action_id = ${actionId}::uuid`
}

export const known = ({ handled, deadAgain, retrying }: Outcomes) => handled + deadAgain + retrying

/** From 0 to 1, of those whose fate shows. A first failed attempt counts: its retries may take half an hour. */
export function failureShare(outcomes: Outcomes): number {
  const of = known(outcomes)
  return of === 0 ? 0 : (outcomes.deadAgain + outcomes.retrying) / of
}
