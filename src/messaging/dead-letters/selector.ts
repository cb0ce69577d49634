import { Prisma } from '#prisma'
import { Refused } from './context.ts'

/** Which open dead letters of a reaction are meant: those that fit everything that is given. */
export interface Selector {
  ids?: readonly string[]
  /** A fingerprint, as `listGroups` shows it. */
  group?: string
  eventType?: string
  /** Failed at least this many milliseconds ago. */
  olderThanMs?: number
  /** Every open one. Must be said, so that a forgotten condition is not a mass redrive. */
  all?: boolean
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** @throws Refused when nothing is selected, or an id is none */
export function checkSelector(selector: Selector): void {
  const { ids = [], group, eventType, olderThanMs, all } = selector
  const wrong = ids.find((id) => !UUID.test(id))
  if (wrong !== undefined) throw new Refused(`'${wrong}' is not the id of a dead letter; groups and show print them.`)
  if (ids.length === 0 && group === undefined && eventType === undefined && olderThanMs === undefined && !all)
    throw new Refused('Say which dead letters are meant: ids, a group, an event type, an age, or all of them.')
}

/** The condition on `dead_letters d`. */
export function matching(reaction: string, { ids, group, eventType, olderThanMs }: Selector): Prisma.Sql {
  const conditions = [
    Prisma.sql`d.status = 'open' AND d.reaction = ${reaction}`,
    ids && Prisma.sql`d.id = ANY(${[...ids]}::uuid[])`,
    group !== undefined && Prisma.sql`d.fingerprint = ${group}`,
    eventType !== undefined && Prisma.sql`d.event_type = ${eventType}`,
    olderThanMs !== undefined &&
      Prisma.sql`d.failed_at <= clock_timestamp() - ${olderThanMs}::float8 * interval '1 ms'`,
  ]
  return Prisma.join(
    conditions.filter((condition): condition is Prisma.Sql => Boolean(condition)),
    ' AND ',
  )
}

/** The dead letter's event was handled by its reaction, whichever way it got there. */
export const HANDLED = Prisma.sql`EXISTS (
  SELECT FROM handled_events l WHERE l.event_id = d.event_id AND l.reaction = d.reaction AND l.attempt > 0)`

/** The message was sent again and failed again: its new dead letter tells on. */
export const DIED_AGAIN = Prisma.sql`EXISTS (SELECT FROM dead_letters c WHERE c.parent_id = d.id)`
