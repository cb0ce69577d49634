import { Prisma } from '#prisma'
import { since, type Invariant } from '../invariant.ts'

/** Of an archive that is under way, the events of each stream are counted at its end. */
const streamsAreDense: Invariant = {
  name: 'stream-is-dense',
  says: 'The versions of a stream run from 1 to its version without a gap; what is missing lies in archives.',
  offenders: () => Prisma.sql`
    SELECT coalesce(s.stream, e.stream) AS who, format('It is at version %s and has %s events, versions %s to %s; %s are archived.',
      coalesce(s.version, 0), coalesce(e.events, 0), e.first, e.last, coalesce(s.archived, 0)) AS why
    FROM streams s
    FULL JOIN (SELECT stream, count(*) AS events, min(stream_version) AS first, max(stream_version) AS last
               FROM events GROUP BY stream) e USING (stream)
    WHERE (coalesce(s.version, 0) <> coalesce(e.events, 0) + coalesce(s.archived, 0) OR s.version < e.last
        OR coalesce(s.archived, 0) = 0 AND (s.version IS DISTINCT FROM e.last OR e.first IS DISTINCT FROM 1))
      AND NOT EXISTS (SELECT FROM archives WHERE state <> 'archived')`,
}

const positionsAreUnique: Invariant = {
  name: 'position-is-unique',
  says: 'No two events have the same position.',
  offenders: () => Prisma.sql`
    SELECT position AS who, format('%s events are at position %s.', count(*), position) AS why
    FROM events GROUP BY position HAVING count(*) > 1`,
}

const published: Invariant = {
  name: 'event-is-published',
  says: 'No event waits for the relay longer than patience lasts.',
  offenders: (limits) => Prisma.sql`
    SELECT e.id AS who, format('%s at position %s is not published; the relay stands at %s.', e.type, e.position, relay.position) AS why
    FROM (SELECT coalesce(max(position), 0) AS position FROM relay_checkpoints) relay
    JOIN events e ON e.position > relay.position
    WHERE ${since('e.occurred_at', limits)}`,
}

const accountedFor: Invariant = {
  name: 'event-is-accounted-for',
  says: 'Every event was handled by each reaction subscribed to it, has an answer in deliveries, or is on its way.',
  offenders: (limits) => Prisma.sql`
    SELECT e.id AS who, format('%s has not handled %s of %s: its message waits on the queue, or is lost and not yet delivered again.',
      s.reaction, e.type, e.stream) AS why
    FROM events e JOIN subscriptions s ON s.event_type = e.type AND e.position > s.since
    WHERE NOT EXISTS (SELECT FROM handled_events h WHERE h.event_id = e.id AND h.reaction = s.reaction)
      AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = e.id AND d.reaction = s.reaction)
      AND ${since('e.occurred_at', limits)}`,
}

const retriedInTime: Invariant = {
  name: 'retry-is-in-time',
  says: 'What is due is tried again within patience.',
  offenders: (limits) => Prisma.sql`
    SELECT coalesce(d.event_id, d.id) AS who, format('%s of %s was due at %s (%s, after %s attempts%s) and was not tried: does a worker with it run?',
      coalesce(d.event_type, 'a message'), d.reaction, to_char(d.due_at AT TIME ZONE 'UTC', 'HH24:MI:SS'), d.reason, d.attempts,
      coalesce(', ' || left(d.error_message, 200), '')) AS why
    FROM deliveries d WHERE d.state = 'retrying' AND d.reason NOT IN ('unknown-type', 'newer-version') AND ${since('d.due_at', limits)}`,
}

const newerReleaseIsThere: Invariant = {
  name: 'newer-release-is-there',
  says: 'Nothing waits for a release that knows it.',
  onlyWarns: true,
  offenders: (limits) => Prisma.sql`
    SELECT d.reaction AS who, format('%s of %s (%s) wait for a release that knows them, the oldest since %s.', count(*), d.event_type, d.reason,
      to_char(min(d.created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')) AS why
    FROM deliveries d WHERE d.state = 'retrying' AND d.reason IN ('unknown-type', 'newer-version') AND ${since('d.created_at', limits)}
    GROUP BY d.reaction, d.event_type, d.reason`,
}

const oneAnswer: Invariant = {
  name: 'one-answer-each',
  says: 'An event that was handled is not retried, blocked, held, dead or discarded as well.',
  offenders: (limits) => Prisma.sql`
    SELECT d.event_id AS who, format('%s has handled %s of %s, and its delivery is %s.', d.reaction, d.event_type, d.stream, d.state) AS why
    FROM deliveries d JOIN handled_events h ON h.event_id = d.event_id AND h.reaction = d.reaction
    WHERE d.state <> 'resolved' AND ${since('h.handled_at', limits)}
      AND (d.due_at IS NULL OR ${since('d.due_at', limits)})
    UNION ALL
    SELECT d.event_id, format('%s resolved %s of %s, and has not handled it.', d.reaction, d.event_type, d.stream)
    FROM deliveries d WHERE d.state = 'resolved'
      AND NOT EXISTS (SELECT FROM handled_events h WHERE h.event_id = d.event_id AND h.reaction = d.reaction)`,
}

const blockedForAReason: Invariant = {
  name: 'blocked-for-a-reason',
  says: 'An event is blocked only behind an earlier one of its stream that is not handled yet.',
  offenders: (limits) => Prisma.sql`
    SELECT p.event_id AS who, format('%s keeps %s of %s (version %s) blocked, and nothing before it is open.',
      p.reaction, p.event_type, p.stream, p.stream_version) AS why
    FROM deliveries p
    WHERE p.state = 'blocked' AND ${since('p.created_at', limits)}
      AND NOT EXISTS (
        SELECT FROM events b JOIN subscriptions s ON s.reaction = p.reaction AND s.event_type = b.type AND b.position > s.since
        WHERE b.stream = p.stream AND b.stream_version < p.stream_version
          AND NOT EXISTS (SELECT FROM handled_events h WHERE h.event_id = b.id AND h.reaction = p.reaction)
          AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = b.id AND d.reaction = p.reaction AND d.state = 'discarded'))`,
}

const causesExist: Invariant = {
  name: 'cause-exists',
  says: 'An event that was published by a reaction names the event that caused it, of the same conversation.',
  offenders: () => Prisma.sql`
    SELECT e.id AS who, format('%s names the cause %s, which %s.', e.type, e.causation_id,
      CASE WHEN cause.id IS NULL THEN 'is not in the event store' ELSE 'belongs to another conversation' END) AS why
    FROM events e LEFT JOIN events cause ON cause.id = e.causation_id
    WHERE e.causation_id IS NOT NULL AND cause.correlation_id IS DISTINCT FROM e.correlation_id
      AND NOT (cause.id IS NULL AND EXISTS (SELECT FROM archives a
        WHERE e.causation_id < a.to_id AND (a.from_id IS NULL OR e.causation_id >= a.from_id)))`,
}

const deadLettersAreFew: Invariant = {
  name: 'dead-letters-are-closed',
  says: 'No dead letter is open.',
  onlyWarns: true,
  offenders: () => Prisma.sql`
    SELECT reaction AS who, format('%s open (%s), the oldest since %s, such as: %s: %s', count(*), reason,
      to_char(min(failed_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), min(error_name), left(min(error_message), 200)) AS why
    FROM deliveries WHERE state = 'dead' GROUP BY reaction, reason`,
}

export const eventInvariants = [
  streamsAreDense,
  positionsAreUnique,
  published,
  accountedFor,
  retriedInTime,
  newerReleaseIsThere,
  oneAnswer,
  blockedForAReason,
  causesExist,
  deadLettersAreFew,
]
