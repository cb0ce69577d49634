import { Prisma } from '#prisma'

/** By so much the times differ at which a failure and what its breaker does are written down. */
const LATE = Prisma.sql`interval '5 s'`
const BEGUN = Prisma.sql`least(b.failing_since, b.opened_at) - ${LATE}`

/** Over rows `b` of `breakers`: when what they are open for was away, as a multirange. A row of a process that was killed ends when it was last renewed. */
export const OUTAGES = Prisma.sql`
  range_agg(tstzrange(${BEGUN}, greatest(${BEGUN}, coalesce(b.closed_at, b.seen_at) + ${LATE}), '[]'))`

/** Of a row `b`: something is away at this moment. */
export const IS_OPEN = Prisma.sql`(b.closed_at IS NULL AND b.seen_at > clock_timestamp() - interval '15 s')`
