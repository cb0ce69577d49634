import type { Invariant } from '../../../src/audit/core.ts'
import { since } from '../../../src/audit/core.ts'
import { Prisma } from '#prisma'

const oneDriver: Invariant = {
  name: 'one-driver-one-trip',
  says: 'No driver is in the hand of two trips, and a trip has the driver that its search has found.',
  offenders: () => Prisma.sql`
    SELECT d.trip_id AS who, format('The search has driver %s, the drivers know of %s.', d.driver_id, coalesce(r.id, 'nobody')) AS why
    FROM dispatches d LEFT JOIN drivers r ON r.trip_id = d.trip_id WHERE d.driver_id IS DISTINCT FROM r.id
    UNION ALL
    SELECT r.trip_id, format('Driver %s has it, and there is no search of it.', r.id)
    FROM drivers r WHERE r.trip_id IS NOT NULL AND NOT EXISTS (SELECT FROM dispatches d WHERE d.trip_id = r.trip_id)`,
}

const oneAtATime: Invariant = {
  name: 'driver-drives-one-at-a-time',
  says: 'No driver took a trip while another of his was under way.',
  offenders: () => Prisma.sql`
    WITH held AS MATERIALIZED (
      SELECT data->>'tripId' AS trip, data->>'driverId' AS driver, min(position) FILTER (WHERE type = 'trip.confirmed') AS begun
      FROM events WHERE type = 'trip.confirmed' GROUP BY 1, 2
    ), spans AS MATERIALIZED (
      SELECT trip, driver, begun, (SELECT min(e.position) FROM events e WHERE e.stream = 'trip-' || trip
        AND e.type IN ('trip.completed', 'trip.cancelled')) AS ended FROM held
    )
    SELECT trip AS who, format('%s took it at position %s, while trip %s was under way until %s.', driver, begun, earlier, until) AS why
    FROM (SELECT *, lag(trip) OVER w AS earlier, lag(coalesce(ended, 9223372036854775807)) OVER w AS until FROM spans
          WINDOW w AS (PARTITION BY driver ORDER BY begun)) taken
    WHERE until > begun`,
}

const fareIsCharged: Invariant = {
  name: 'fare-locked-is-charged',
  says: 'A trip has one fare: what was locked is what was agreed, owed and charged.',
  offenders: () => Prisma.sql`
    SELECT t.id AS who, format('Locked %s, agreed %s, charged %s.', f.amount, t.fare_amount, c.amount) AS why
    FROM trips t LEFT JOIN fares f ON f.trip_id = t.id LEFT JOIN charges c ON c.trip_id = t.id
    WHERE t.fare_amount IS NOT NULL AND t.fare_amount IS DISTINCT FROM f.amount OR c.amount IS NOT NULL AND c.amount IS DISTINCT FROM f.amount
    UNION ALL
    SELECT (data->>'tripId')::uuid, format('%s fares were locked.', count(*)) FROM events WHERE type = 'fare.locked'
    GROUP BY data->>'tripId' HAVING count(*) > 1`,
}

const paidIsCharged: Invariant = {
  name: 'paid-means-charged',
  says: 'A trip is paid if and only if its charge was taken, and nothing else is charged.',
  offenders: () => Prisma.sql`
    SELECT t.id AS who, format('It is %s, and its charge is %s.', t.status,
      CASE WHEN c.trip_id IS NULL THEN 'not there' ELSE coalesce(c.declined, 'taken') END) AS why
    FROM trips t LEFT JOIN charges c ON c.trip_id = t.id
    WHERE (t.status = 'paid') <> (c.trip_id IS NOT NULL AND c.declined IS NULL) AND t.status <> 'completed'
      OR (t.status = 'unpaid') <> (c.declined IS NOT NULL) AND t.status <> 'completed'`,
}

/** The facts that give a trip another status, with those from which each is legal: of NEXT in trip.ts. */
const statusIsLegal: Invariant = {
  name: 'trip-is-legal',
  says: 'Every trip has come to its state by legal steps, one after the other, and its row says where they led.',
  offenders: () => Prisma.sql`
    WITH steps AS MATERIALIZED (
      SELECT stream, stream_version, split_part(type, '.', 2) AS became,
        lag(split_part(type, '.', 2)) OVER (PARTITION BY stream ORDER BY stream_version) AS was
      FROM events WHERE type IN ('trip.requested', 'trip.confirmed', 'trip.started', 'trip.completed', 'trip.cancelled',
        'trip.expired', 'trip.rejected', 'fare.charged', 'fare.declined')
    )
    SELECT substr(stream, 6) AS who, format('It became %s after it was %s.', became, coalesce(was, 'nothing')) AS why FROM steps
    WHERE (coalesce(was, ''), became) NOT IN (('', 'requested'), ('requested', 'confirmed'), ('requested', 'rejected'),
      ('requested', 'cancelled'), ('requested', 'expired'), ('confirmed', 'started'), ('confirmed', 'cancelled'),
      ('started', 'completed'), ('started', 'cancelled'), ('completed', 'charged'), ('completed', 'declined'))
    UNION ALL
    SELECT t.id::text, format('Its row says %s, its stream %s.', t.status, last.became)
    FROM trips t JOIN LATERAL (SELECT became, stream_version FROM steps WHERE stream = 'trip-' || t.id ORDER BY stream_version DESC LIMIT 1) last ON true
    WHERE t.version >= last.stream_version
      AND t.status <> CASE last.became WHEN 'charged' THEN 'paid' WHEN 'declined' THEN 'unpaid' ELSE last.became END`,
}

const toldInOrder: Invariant = {
  name: 'rider-is-told-in-order',
  says: 'A rider was told of each change once, and never of an older one after a newer.',
  offenders: () => Prisma.sql`
    SELECT trip_id AS who, format('Version %s was told after version %s.', stream_version, earlier) AS why
    FROM (SELECT *, lag(stream_version) OVER (PARTITION BY trip_id ORDER BY nth) AS earlier FROM rider_messages) told
    WHERE earlier >= stream_version`,
}

const ended: Invariant = {
  name: 'trip-comes-to-its-end',
  says: 'No trip waits for a driver longer than patience lasts.',
  offenders: (limits) => Prisma.sql`
    SELECT id AS who, format('It is %s since %s.', status, to_char(updated_at AT TIME ZONE 'UTC', 'HH24:MI:SS')) AS why
    FROM trips WHERE status IN ('requested', 'completed') AND ${since('updated_at', limits)}`,
}

const demandCounts: Invariant = {
  name: 'demand-adds-up',
  says: 'Demand counts every request that analytics has handled, once.',
  offenders: () => Prisma.sql`
    SELECT 'demand' AS who, format('%s are counted, %s were handled.', counted, handled) AS why FROM (
      SELECT (SELECT coalesce(sum(requests), 0) FROM demand) AS counted,
        (SELECT count(*) FROM handled_events WHERE reaction = 'analytics.record-demand') AS handled) AS sums
    WHERE counted <> handled`,
}

/** What must hold of rides at any moment, whatever has crashed. */
export const RIDES_INVARIANTS: readonly Invariant[] = [
  oneDriver,
  oneAtATime,
  fareIsCharged,
  paidIsCharged,
  statusIsLegal,
  toldInOrder,
  ended,
  demandCounts,
]
