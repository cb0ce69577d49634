import { Prisma } from '#prisma'
import { NOT_PAUSED } from '../deliveries/pauses.ts'
import { Refused } from './operator-context.ts'
import { OUTAGES } from './recovered/outages.ts'

/** In place of a reaction: every one that is not paused. Letters of others would lie in the way of the rest. */
export const EVERY_REACTION = ''

/** Which deliveries of a reaction are meant: those that fit everything that is given. */
export interface Selector {
  /** Of deliveries, or of their events. */
  ids?: readonly string[]
  /** A fingerprint, as `listGroups` shows it. */
  group?: string
  eventType?: string
  /** Failed for the last time at least this many milliseconds ago. */
  olderThanMs?: number
  /** What they failed of in an outage that is over. Of `EVERY_REACTION` this must be given. */
  recovered?: string
  /** Failed for the last time at most this many milliseconds ago. */
  youngerThanMs?: number
  /** Every one. Must be said, so that a forgotten condition is not a mass redrive. */
  all?: boolean
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** @throws Refused when it cannot be the id of anything */
export function checkId(id: string): void {
  if (!UUID.test(id))
    throw new Refused(`'${id}' is not an id such as 01928c1e-6f3a-7c11-8a52-0242ac120002; show and waiting print them.`)
}

/** @throws Refused when nothing is selected, or an id is none */
export function checkSelector({ ids = [], group, eventType, olderThanMs, recovered, all }: Selector): void {
  ids.forEach(checkId)
  const isAnyGiven = [group, eventType, olderThanMs, recovered].some((one) => one !== undefined)
  if (ids.length === 0 && !isAnyGiven && !all)
    throw new Refused('Say which ones are meant: ids, a group, an event type, an age, or all of them.')
}

/** States are written into the statements as they are, so that indexes for a state are found. */
export const DEAD = Prisma.sql`d.state = 'dead'`

/** What `discard` takes. What ids name may also be held: that closes what waits without end and never fails. */
export const closable = ({ ids }: Selector) => (ids ? Prisma.sql`d.state IN ('dead', 'held')` : DEAD)

/** The condition on `deliveries d`. */
export function matching(reaction: string, selector: Selector, state: Prisma.Sql = DEAD): Prisma.Sql {
  const { ids, group, eventType, olderThanMs, recovered, youngerThanMs } = selector
  const conditions = [
    state,
    reaction === EVERY_REACTION && recovered !== undefined ? NOT_PAUSED : Prisma.sql`d.reaction = ${reaction}`,
    ids && Prisma.sql`(d.id = ANY(${[...ids]}::uuid[]) OR d.event_id = ANY(${[...ids]}::uuid[]))`,
    group !== undefined && Prisma.sql`d.fingerprint = ${group}`,
    eventType !== undefined && Prisma.sql`d.event_type = ${eventType}`,
    olderThanMs !== undefined &&
      Prisma.sql`coalesce(d.failed_at, d.created_at) <= clock_timestamp() - ${olderThanMs}::float8 * interval '1 ms'`,
    recovered !== undefined &&
      Prisma.sql`d.dependency = ${recovered} AND d.failed_at <@ (
        SELECT ${OUTAGES} FROM breakers b WHERE b.dependency = ${recovered})`,
    youngerThanMs !== undefined &&
      Prisma.sql`d.failed_at > clock_timestamp() - ${youngerThanMs}::float8 * interval '1 ms'`,
  ]
  return Prisma.join(
    conditions.filter((condition): condition is Prisma.Sql => Boolean(condition)),
    ' AND ',
  )
}

/** The delivery's event was handled by its reaction, whichever way it got there. */
export const HANDLED = Prisma.sql`EXISTS (
  SELECT FROM handled_events h WHERE h.event_id = d.event_id AND h.reaction = d.reaction)`

/** Somebody can take it: the event store has its event, and the reaction is subscribed to that type (not retired). */
export const DELIVERABLE = Prisma.sql`EXISTS (
  SELECT FROM events e JOIN subscriptions s ON s.event_type = e.type AND s.reaction = d.reaction
  WHERE e.id = d.event_id OFFSET 0)`
