import { Prisma } from '#prisma'
import { since, type Law } from '../law.ts'

const streamsAreDense: Law = {
  name: 'stream-is-dense',
  says: 'The versions of a stream run from 1 to its version without a gap.',
  offenders: () => Prisma.sql`
    SELECT coalesce(s.stream, e.stream) AS who, format('It is at version %s and has %s events, versions %s to %s.',
      coalesce(s.version, 0), coalesce(e.events, 0), e.first, e.last) AS why
    FROM streams s
    FULL JOIN (SELECT stream, count(*) AS events, min(stream_version) AS first, max(stream_version) AS last
               FROM events GROUP BY stream) e USING (stream)
    WHERE s.version IS DISTINCT FROM e.last OR e.first IS DISTINCT FROM 1 OR e.events IS DISTINCT FROM e.last`,
}

const announced: Law = {
  name: 'event-is-announced',
  says: 'No event waits for the relay longer than patience lasts.',
  offenders: (limits) => Prisma.sql`
    SELECT e.id AS who, format('%s at position %s is not announced; the relay stands at %s.', e.type, e.position, relay.position) AS why
    FROM (SELECT coalesce(max(position), 0) AS position FROM relay_leases) relay
    JOIN events e ON e.position > relay.position
    WHERE ${since('e.occurred_at', limits)}`,
}

const LEDGER = Prisma.sql`
  FROM events e JOIN subscriptions s ON s.event_type = e.type AND e.position > s.since
  WHERE NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = e.id AND d.worker = s.worker)
    AND NOT EXISTS (SELECT FROM dead_letters l WHERE l.event_id = e.id AND l.worker = s.worker
      AND l.status IN ('open', 'edited', 'discarded'))`

const accountedFor: Law = {
  name: 'event-is-accounted-for',
  says: 'Every event was handled by each reaction subscribed to it, is kept by a dead letter, is parked, or is on its way.',
  offenders: (limits) => Prisma.sql`
    SELECT e.id AS who, format('%s has not handled %s of %s: %s.', s.worker, e.type, e.stream, coalesce(
      (SELECT format('attempt %s failed (%s), the next was due %s', f.attempt, left(f.error_message, 200),
         coalesce(to_char(f.retry_at AT TIME ZONE 'UTC', 'HH24:MI:SS'), 'never'))
       FROM delivery_failures f WHERE f.event_id = e.id AND f.worker = s.worker ORDER BY f.id DESC LIMIT 1),
      (SELECT format('it was delivered again %s times', r.times) FROM redeliveries r WHERE r.event_id = e.id AND r.worker = s.worker),
      'its message waits, or is lost and not yet delivered again')) AS why
    ${LEDGER}
      AND NOT EXISTS (SELECT FROM parked_deliveries p WHERE p.event_id = e.id AND p.worker = s.worker)
      AND ${since('e.occurred_at', limits)}
      AND NOT EXISTS (SELECT FROM delivery_failures f
        WHERE f.event_id = e.id AND f.worker = s.worker AND NOT ${since('f.retry_at', limits)})
      AND NOT EXISTS (SELECT FROM reconcile_state r WHERE r.worker = s.worker AND NOT ${since('r.redelivered_at', limits)})`,
}

const parkedForAReason: Law = {
  name: 'parked-for-a-reason',
  says: 'An event is parked only behind an earlier one of its stream that is not handled yet.',
  offenders: (limits) => Prisma.sql`
    SELECT e.id AS who, format('%s keeps %s of %s (version %s) parked, and nothing before it is open.',
      p.worker, e.type, e.stream, e.stream_version) AS why
    FROM parked_deliveries p JOIN events e ON e.id = p.event_id
    WHERE ${since('p.parked_at', limits)}
      AND NOT EXISTS (
        SELECT FROM events b JOIN subscriptions s ON s.worker = p.worker AND s.event_type = b.type AND b.position > s.since
        WHERE b.stream = e.stream AND b.stream_version < e.stream_version
          AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = b.id AND d.worker = p.worker)
          AND NOT EXISTS (SELECT FROM dead_letters l WHERE l.event_id = b.id AND l.worker = p.worker
            AND l.status IN ('edited', 'discarded')))`,
}

const causesExist: Law = {
  name: 'cause-exists',
  says: 'An event that was announced by a reaction names the event that caused it, of the same conversation.',
  offenders: () => Prisma.sql`
    SELECT e.id AS who, format('%s names the cause %s, which %s.', e.type, e.causation_id,
      CASE WHEN cause.id IS NULL THEN 'is not in the event store' ELSE 'belongs to another conversation' END) AS why
    FROM events e LEFT JOIN events cause ON cause.id = e.causation_id
    WHERE e.causation_id IS NOT NULL AND cause.correlation_id IS DISTINCT FROM e.correlation_id
      AND NOT EXISTS (SELECT FROM dead_letters l WHERE l.event_id = e.causation_id)`,
}

const deadLettersAreFew: Law = {
  name: 'dead-letters-are-closed',
  says: 'No dead letter is open.',
  onlyWarns: true,
  offenders: () => Prisma.sql`
    SELECT worker AS who, format('%s open (%s), the oldest since %s, such as: %s: %s', count(*), reason,
      to_char(min(failed_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), min(error_name), left(min(error_message), 200)) AS why
    FROM dead_letters WHERE status = 'open' GROUP BY worker, reason`,
}

export const eventLaws = [streamsAreDense, announced, accountedFor, parkedForAReason, causesExist, deadLettersAreFew]
