import type { OperatedSystem } from '../../../src/testing/operators.ts'
import { fillPast, fillSearch, fillWebhook } from './beside.ts'

/** Beside the one that runs. */
const REACTIONS = ['test.one', 'test.two', 'test.three', 'test.four']

/** Leaves positions for events that are filled before those that are there: the relay, which has come so far, does not publish them. */
export const leaveRoom = ({ system }: OperatedSystem, orders: number) =>
  system.db.$executeRaw`SELECT setval('events_position_seq', ${3 * orders}::bigint)`

/**
 * A day of orders like the one that is there, each with three events and handled by five reactions; every tenth has a dead letter, of
 * forty causes. Some hundred thousand rows a minute.
 */
export async function fill({ system }: OperatedSystem, orders: number): Promise<void> {
  await makeOrders(system, orders)
  const parts = [fillOrders, fillEvents, fillHandled, fillLetters, leaveOutages, fillSearch, fillWebhook, fillPast]
  await Promise.all(parts.map((part) => part(system)))
  await asIfSettled(system)
  await system.pool.query('VACUUM ANALYZE') // as autovacuum leaves it
}

type System = OperatedSystem['system']

/** The table `filled` has the orders, for everything that is filled. */
const makeOrders = ({ db }: System, orders: number) => db.$executeRaw`
    CREATE TABLE filled AS SELECT n, at, overlay(gen_random_uuid()::text placing left(event_id_at(at)::text, 13) from 1)::uuid AS id,
      CASE WHEN n % 10 = 0 THEN (ARRAY['test.mailing', 'test.one', 'test.two'])[1 + n / 10 % 3] END AS stops
    FROM generate_series(1, ${orders}::int) AS n, LATERAL (SELECT now() - interval '1 day' * n / ${orders}::int AS at) AS moment`

const fillOrders = ({ db }: System) => db.$executeRaw`
    INSERT INTO orders SELECT made.* FROM filled f, (SELECT to_jsonb(o) AS o FROM orders o LIMIT 1) AS one,
      LATERAL jsonb_populate_record(NULL::orders, one.o || jsonb_build_object('id', f.id, 'placed_at', f.at, 'updated_at', f.at,
        'number', NULL, 'reference', NULL, 'person', NULL, 'sealed', NULL, 'version', 3, 'status', (ARRAY['placed', 'confirmed', 'shipped', 'shipped'])[1 + f.n % 4])) AS made`

const fillEvents = ({ db }: System) => db.$executeRaw`
    INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, actor, occurred_at)
    SELECT (total - n) * 3 + v, CASE v WHEN 1 THEN f.id
        ELSE overlay(gen_random_uuid()::text placing left(event_id_at(f.at + v * interval '1 s')::text, 13) from 1)::uuid END,
      (ARRAY['order.placed', 'order.confirmed', 'order.shipped'])[v], e.version, 'order-' || f.id, v, e.data - 'sealed', f.id::text, e.actor,
      f.at + v * interval '1 s'
    FROM (SELECT *, max(n) OVER () AS total FROM filled ORDER BY n DESC) AS f, (SELECT * FROM events WHERE type = 'order.placed' LIMIT 1) AS e,
      LATERAL generate_series(1, 3) AS v`

async function fillHandled({ db }: System) {
  await db.$executeRaw`
    INSERT INTO subscriptions SELECT r, 'order.placed', 0 FROM unnest(${REACTIONS}::text[]) AS r`
  await db.$executeRaw`
    INSERT INTO handled_events (event_id, reaction, handled_at, duration_us, attempt, instance)
    SELECT f.id, r, f.at + interval '40 ms', 1200, 1, 'filled'
    FROM filled f, unnest(${['test.mailing', ...REACTIONS]}::text[]) AS r WHERE f.stops IS DISTINCT FROM r`
}

async function fillLetters({ db }: System) {
  await db.$executeRaw`
    INSERT INTO deliveries (id, reaction, event_id, event_type, stream, stream_version, correlation_id, state, reason, attempts, error_name,
      error_message, stack, fingerprint, first_failed_at, failed_at, created_at, dependency)
    SELECT gen_random_uuid(), stops, id, 'order.placed', 'order-' || id, 1, id::text, 'dead', 'attempts-exhausted', 4, 'Error',
      'gateway answered ' || n / 10 % 40, repeat('at somewhere (file.ts:1:2) ', 40), 'cause' || n / 10 % 40, at, at, at,
      CASE stops WHEN 'test.one' THEN 'mail-server' END
    FROM filled WHERE stops IS NOT NULL`
  await db.$executeRaw`
    INSERT INTO delivery_history (reaction, event_id, delivery_id, at, what, attempt, error_name, error_message, instance)
    SELECT reaction, event_id, id, failed_at, 'dead', 4, error_name, error_message, 'filled' FROM deliveries`
}

/** Something was away every quarter of an hour, and left a third of the letters. */
const leaveOutages = ({ db }: System) => db.$executeRaw`
  INSERT INTO breakers (reaction, instance, cause, dependency, opened_at, seen_at, closed_at, recovered)
  SELECT 'test.one', 'filled', 'Error: gateway answered 500', 'mail-server', at, at + interval '14 min', at + interval '14 min', true
  FROM generate_series(now() - interval '1 day', now() - interval '20 min', interval '15 min') AS at`

/** Reconciliation and projections have come to the end, as the relay has. */
async function asIfSettled({ db }: System) {
  await db.$executeRaw`UPDATE projections SET position = (SELECT max(position) FROM events)`
  await db.$executeRaw`
    INSERT INTO reconcile_state (reaction, watermark) SELECT DISTINCT reaction, (SELECT max(position) FROM events) FROM subscriptions
    ON CONFLICT (reaction) DO UPDATE SET watermark = excluded.watermark`
}
