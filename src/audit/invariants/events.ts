import { Prisma } from '#prisma'
import { since, type Invariant } from '../invariant.ts'

const streamsAreDense: Invariant = {
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

const published: Invariant = {
  name: 'event-is-published',
  says: 'No event waits for the relay longer than patience lasts.',
  offenders: (limits) => Prisma.sql`
    SELECT e.id AS who, format('%s at position %s is not published; the relay stands at %s.', e.type, e.position, relay.position) AS why
    FROM (SELECT coalesce(max(position), 0) AS position FROM relay_leases) relay
    JOIN events e ON e.position > relay.position
    WHERE ${since('e.occurred_at', limits)}`,
}

const LEDGER = Prisma.sql`
  FROM events e JOIN subscriptions s ON s.event_type = e.type AND e.position > s.since
  WHERE NOT EXISTS (SELECT FROM handled_events d WHERE d.event_id = e.id AND d.reaction = s.reaction)
    AND NOT EXISTS (SELECT FROM dead_letters l WHERE l.event_id = e.id AND l.reaction = s.reaction
      AND l.status IN ('open', 'edited', 'discarded'))`

const accountedFor: Invariant = {
  name: 'event-is-accounted-for',
  says: 'Every event was handled by each reaction subscribed to it, is kept by a dead letter, is blocked, or is on its way.',
  offenders: (limits) => Prisma.sql`
    SELECT e.id AS who, format('%s has not handled %s of %s: %s.', s.reaction, e.type, e.stream, coalesce(
      (SELECT format('attempt %s failed (%s), the next was due %s', f.attempt, left(f.error_message, 200),
         coalesce(to_char(f.retry_at AT TIME ZONE 'UTC', 'HH24:MI:SS'), 'never'))
       FROM delivery_failures f WHERE f.event_id = e.id AND f.reaction = s.reaction ORDER BY f.id DESC LIMIT 1),
      (SELECT format('it was delivered again %s times', r.times) FROM redeliveries r WHERE r.event_id = e.id AND r.reaction = s.reaction),
      'its message waits, or is lost and not yet delivered again')) AS why
    ${LEDGER}
      AND NOT EXISTS (SELECT FROM blocked_deliveries p WHERE p.event_id = e.id AND p.reaction = s.reaction)
      AND ${since('e.occurred_at', limits)}
      AND NOT EXISTS (SELECT FROM delivery_failures f
        WHERE f.event_id = e.id AND f.reaction = s.reaction AND NOT ${since('f.retry_at', limits)})
      AND NOT EXISTS (SELECT FROM reconcile_state r WHERE r.reaction = s.reaction AND NOT ${since('r.redelivered_at', limits)})`,
}

const blockedForAReason: Invariant = {
  name: 'blocked-for-a-reason',
  says: 'An event is blocked only behind an earlier one of its stream that is not handled yet.',
  offenders: (limits) => Prisma.sql`
    SELECT e.id AS who, format('%s keeps %s of %s (version %s) blocked, and nothing before it is open.',
      p.reaction, e.type, e.stream, e.stream_version) AS why
    FROM blocked_deliveries p JOIN events e ON e.id = p.event_id
    WHERE ${since('p.blocked_at', limits)}
      AND NOT EXISTS (
        SELECT FROM events b JOIN subscriptions s ON s.reaction = p.reaction AND s.event_type = b.type AND b.position > s.since
        WHERE b.stream = e.stream AND b.stream_version < e.stream_version
          AND NOT EXISTS (SELECT FROM handled_events d WHERE d.event_id = b.id AND d.reaction = p.reaction)
          AND NOT EXISTS (SELECT FROM dead_letters l WHERE l.event_id = b.id AND l.reaction = p.reaction
            AND l.status IN ('edited', 'discarded')))`,
}

const causesExist: Invariant = {
  name: 'cause-exists',
  says: 'An event that was published by a reaction names the event that caused it, of the same conversation.',
  offenders: () => Prisma.sql`
    SELECT e.id AS who, format('%s names the cause %s, which %s.', e.type, e.causation_id,
      CASE WHEN cause.id IS NULL THEN 'is not in the event store' ELSE 'belongs to another conversation' END) AS why
    FROM events e LEFT JOIN events cause ON cause.id = e.causation_id
    WHERE e.causation_id IS NOT NULL AND cause.correlation_id IS DISTINCT FROM e.correlation_id
      AND NOT EXISTS (SELECT FROM dead_letters l WHERE l.event_id = e.causation_id)`,
}

const deadLettersAreFew: Invariant = {
  name: 'dead-letters-are-closed',
  says: 'No dead letter is open.',
  onlyWarns: true,
  offenders: () => Prisma.sql`
    SELECT reaction AS who, format('%s open (%s), the oldest since %s, such as: %s: %s', count(*), reason,
      to_char(min(failed_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), min(error_name), left(min(error_message), 200)) AS why
    FROM dead_letters WHERE status = 'open' GROUP BY reaction, reason`,
}

export const eventInvariants = [
  streamsAreDense,
  published,
  accountedFor,
  blockedForAReason,
  causesExist,
  deadLettersAreFew,
]
