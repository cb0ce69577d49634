import path from 'node:path'
import type pg from 'pg'
import { findReactions, loadReactions } from '#messaging'
import { PROJECT } from '../../dev/services/index.ts'

/** What an order that goes all the way to its parcel publishes: the fact, which step caused it, and how long after the click. */
const WAY: readonly [type: string, cause: number | null, ms: number][] = [
  ['order.placed', null, 0],
  ['stock.reserved', 1, 8],
  ['payment.authorized', 1, 12],
  ['fraud.cleared', 1, 9],
  ['order.confirmed', 3, 18],
  ['shipment.created', 5, 26],
  ['payment.captured', 5, 31],
  ['points.awarded', 5, 27],
  ['order.shipped', 7, 38],
]

export const EVENTS_PER_ORDER = WAY.length
/** Milliseconds from one order to the next. */
export const ORDERS_EVERY_MS = 100

/** Orders written by one statement. */
const CHUNK = 10_000

/**
 * Fills an empty database as if orders with so many events in all had gone their way through the shop, ten a second, the
 * last one an hour ago, or at `end`: every table of every context, with the ledger rows of exactly the reactions that are subscribed to
 * each event. All invariants of `npm run audit` hold. A million events take about half a minute.
 */
export async function storeHistory(pool: pg.Pool, events: number, end = Date.now() - 3_600_000): Promise<void> {
  const orders = Math.ceil(events / WAY.length)
  await pool.query(FUNCTIONS)
  await pool.query(SUBSCRIPTIONS, [JSON.stringify(await subscriptions())])
  const way = JSON.stringify(WAY.map(([type, cause, ms], index) => ({ step: index + 1, type, cause, ms })))
  const lane = async (statement: string) => {
    const client = await pool.connect()
    await client.query('SET synchronous_commit = off')
    for (let first = 1; first <= orders; first += CHUNK)
      await client.query(statement, [first, Math.min(orders, first + CHUNK - 1), orders, end, way])
    await client.query('RESET synchronous_commit')
    client.release()
  }
  // Two connections, but only one to a table: two that make it longer at once would leave half-empty pages all over it.
  await Promise.all([lane(EVENTS), lane(EVERYTHING_ELSE)])
  for (const sums of SUMS) await pool.query(sums)
  await pool.query('VACUUM ANALYZE')
}

async function subscriptions() {
  const reactions = await loadReactions(findReactions(path.join(PROJECT, 'workers')))
  return reactions.flatMap(({ name, on }) => on.map(({ type }) => ({ reaction: name, type })))
}

const SUBSCRIPTIONS = `INSERT INTO subscriptions (reaction, event_type, since)
  SELECT reaction, type, 0 FROM jsonb_to_recordset($1::jsonb) AS row(reaction text, type text)`

/** Ids in the order of time, as ours are, and the same for the same salt. */
const FUNCTIONS = `
CREATE FUNCTION bench_uuid(at bigint, salt text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex(at), 12, '0') || '7' || substr(md5(salt), 1, 3) || '8' || substr(md5(salt), 4, 15))::uuid
$$;
CREATE FUNCTION bench_time(ms bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$ SELECT to_timestamp(ms / 1000.0) $$;
`

/** $1 first and $2 last order of $3, the last of them placed at $4 (milliseconds since 1970), going the way $5. */
const STEPS = `
WITH way AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($5::jsonb) AS way(step int, type text, cause int, ms int)
), new AS MATERIALIZED (
  SELECT n, ms, bench_time(ms) AS at, (bench_time(ms) AT TIME ZONE 'UTC')::date AS day, bench_uuid(ms, 'order ' || n) AS id,
    bench_uuid(ms + 26, 'shipment ' || n) AS shipment, 'FP' || upper(substr(md5('parcel ' || n), 1, 16)) AS tracking,
    'auth_' || substr(md5('money ' || n), 1, 24) AS auth, who->>'email' AS email, who AS customer, sku1, sku2,
    jsonb_build_array(jsonb_build_object('sku', sku1, 'name', 'Product ' || sku1, 'quantity', 1, 'unitPrice', 1250),
      jsonb_build_object('sku', sku2, 'name', 'Product ' || sku2, 'quantity', 2, 'unitPrice', 1250)) AS lines,
    jsonb_build_array(jsonb_build_object('sku', sku1, 'quantity', 1), jsonb_build_object('sku', sku2, 'quantity', 2)) AS goods,
    '{"line1": "1 High Street", "city": "London", "postalCode": "EC1A 1BB", "country": "GB"}'::jsonb AS address,
    '{"amount": 3750, "currency": "GBP"}'::jsonb AS total
  FROM generate_series($1::int, $2::int) AS n
  CROSS JOIN LATERAL (SELECT $4::bigint - ($3::int - n) * ${ORDERS_EVERY_MS}::bigint AS ms, 1 + n % ($3::int / 3 + 1) AS person,
    'SKU-' || lpad((1 + n % 500)::text, 4, '0') AS sku1, 'SKU-' || lpad((501 + n / 7 % 500)::text, 4, '0') AS sku2) AS x
  CROSS JOIN LATERAL (SELECT jsonb_build_object('name', 'Customer ' || person, 'email', 'customer-' || person || '@example.com') AS who) AS y
), steps AS MATERIALIZED (
  SELECT n, new.id, day, step, type, new.ms + way.ms AS ms, bench_uuid(new.ms + way.ms, n || ' event ' || step) AS event_id,
    CASE WHEN cause IS NOT NULL THEN bench_uuid(new.ms + cause_ms, n || ' event ' || cause) END AS causation_id,
    jsonb_build_object('orderId', new.id) || CASE type
      WHEN 'order.placed' THEN jsonb_build_object('customer', customer, 'shippingAddress', address, 'lines', lines, 'total', total)
      WHEN 'order.confirmed' THEN jsonb_build_object('customer', customer, 'shippingAddress', address, 'lines', lines, 'total', total)
      WHEN 'stock.reserved' THEN jsonb_build_object('lines', goods)
      WHEN 'payment.authorized' THEN jsonb_build_object('authorizationId', auth, 'amount', total)
      WHEN 'payment.captured' THEN jsonb_build_object('amount', total)
      WHEN 'fraud.cleared' THEN '{"score": 0}'
      WHEN 'shipment.created' THEN jsonb_build_object('shipmentId', shipment, 'carrier', 'Fanfare Post', 'trackingNumber', tracking)
      WHEN 'points.awarded' THEN jsonb_build_object('email', email, 'points', 37)
      WHEN 'order.shipped' THEN jsonb_build_object('customer', customer, 'carrier', 'Fanfare Post', 'trackingNumber', tracking)
    END AS data, email
  FROM new CROSS JOIN (SELECT way.*, caused.ms AS cause_ms FROM way LEFT JOIN way AS caused ON caused.step = way.cause) AS way
)`

const EVENTS = `${STEPS}, streams_ AS (
  INSERT INTO streams (stream, version) SELECT 'order-' || id, ${WAY.length} FROM new
)
INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, causation_id, occurred_at)
SELECT (n - 1) * ${WAY.length}::bigint + step, event_id, type, CASE type WHEN 'order.placed' THEN 2 ELSE 1 END, 'order-' || id, step, data, id, causation_id, bench_time(ms)
FROM steps ORDER BY n, step`

const EVERYTHING_ELSE = `${STEPS}, orders_ AS (
  INSERT INTO orders (id, status, version, stock, payment, fraud, capture, carrier, tracking_number, customer, shipping_address, total,
    currency, placed_at, updated_at)
  SELECT id, 'shipped', ${WAY.length}, 'yes', 'yes', 'yes', 'yes', 'Fanfare Post', tracking, customer, address, 3750, 'GBP', at, bench_time(ms + 38) FROM new
), lines_ AS (
  INSERT INTO order_lines (order_id, line, sku, name, quantity, unit_price)
  SELECT id, line, sku, 'Product ' || sku, line, 1250 FROM new, LATERAL (VALUES (1, sku1), (2, sku2)) AS wanted(line, sku)
), keys AS (
  INSERT INTO idempotency_keys (client_id, key, fingerprint, order_id, created_at)
  SELECT coalesce((SELECT min(id::text)::uuid FROM api_keys), id), md5('key ' || n)::uuid::text, sha256(n::text::bytea), id, at FROM new
), reservations_ AS (
  INSERT INTO reservations (order_id, status, lines, updated_at) SELECT id, 'shipped', goods, bench_time(ms + 45) FROM new
), payments_ AS (
  INSERT INTO payments (order_id, status, authorization_id, amount, currency, updated_at)
  SELECT id, 'captured', auth, 3750, 'GBP', bench_time(ms + 31) FROM new
), booked AS (
  INSERT INTO payment_ledger (order_id, kind, held, taken, currency, booked_at)
  SELECT id, kind, held, taken, 'GBP', bench_time(ms + 31) FROM new, (VALUES ('authorized', 3750, 0), ('captured', -3750, 3750)) AS entry(kind, held, taken)
), shipments_ AS (
  INSERT INTO shipments (id, order_id, status, carrier, tracking_number, booked_at)
  SELECT shipment, id, 'booked', 'Fanfare Post', tracking, bench_time(ms + 26) FROM new
), loyalty AS (
  INSERT INTO loyalty_orders (order_id, person, currency, paid, points) SELECT id, email, 'GBP', 3750, 37 FROM new
), told AS (
  INSERT INTO order_history (order_id, step, stream_version, type, text, at)
  SELECT id, row_number() OVER (PARTITION BY n ORDER BY step), step, type, 'What it tells the customer, in one sentence.', bench_time(ms)
  FROM steps WHERE type IN ('order.placed', 'order.confirmed', 'payment.captured', 'order.shipped')
), mails AS (
  INSERT INTO sent_mails (event_id, order_id, kind, subject, message_id, sent_at)
  SELECT event_id, id, type, 'Your order ' || id, '<notification.email-customer.' || event_id || '@fanfare.example>', bench_time(ms + 30)
  FROM steps WHERE type IN ('order.confirmed', 'order.shipped')
)
INSERT INTO handled_events (event_id, reaction, handled_at, duration_us, attempt, instance)
SELECT event_id, reaction, bench_time(ms + 5), 1000, 1, 'worker ' || split_part(reaction, '.', 1) || '@history:12345'
FROM steps JOIN subscriptions ON event_type = type ORDER BY event_id, reaction`

/** What the contexts add up, and where relay and reconciliation have come to. */
const SUMS = [
  `UPDATE stock SET on_hand = on_hand - sold, shipped = shipped + sold
   FROM (SELECT sku, sum(quantity) AS sold FROM order_lines GROUP BY sku) AS lines WHERE stock.sku = lines.sku`,
  `INSERT INTO loyalty_accounts (person, points) SELECT person, sum(points) FROM loyalty_orders GROUP BY person`,
  `INSERT INTO relay_checkpoints (name, position) SELECT 'relay', max(position) FROM events`,
  `INSERT INTO reconcile_state (reaction, watermark, event_types)
   SELECT reaction, (SELECT max(position) FROM events), array_agg(event_type) FROM subscriptions GROUP BY reaction`,
  `SELECT setval('events_position_seq', max(position)) FROM events`,
]
