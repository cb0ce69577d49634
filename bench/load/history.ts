import type pg from 'pg'
import { prepareLimit } from '../limits/statement.ts'

/** Events of an order that goes all the way to its parcel, with the number of reactions that handle each. */
const WAY: readonly [type: string, reactions: number][] = [
  ['order.placed', 5],
  ['stock.reserved', 1],
  ['payment.authorized', 2],
  ['fraud.cleared', 1],
  ['order.confirmed', 6],
  ['shipment.created', 1],
  ['payment.captured', 2],
  ['points.awarded', 0],
  ['order.shipped', 3],
]
const ORDERS_AT_ONCE = 5_000

/**
 * Fills the tables as if orders with so many events in all had gone their way: orders with lines and keys, events with
 * streams, and the ledger rows of every reaction. What was relayed and handled stays so.
 */
export async function storeHistory(pool: pg.Pool, events: number): Promise<void> {
  await prepareLimit(pool)
  for (let left = Math.ceil(events / WAY.length); left > 0; left -= ORDERS_AT_ONCE)
    await pool.query(FILL, [
      Math.min(left, ORDERS_AT_ONCE),
      JSON.stringify(WAY.map(([type, reactions]) => ({ type, reactions }))),
    ])
  await pool.query(
    `INSERT INTO relay_leases (name, position, expires_at) SELECT 'relay', max(position), '-infinity' FROM events
     ON CONFLICT (name) DO UPDATE SET position = excluded.position`,
  )
  await pool.query('VACUUM ANALYZE')
}

const FILL = `
WITH new AS MATERIALIZED (
  SELECT n, bench_uuidv7() AS id, jsonb_build_object('name', 'Customer ' || n, 'email', 'customer-' || n || '@example.com') AS customer,
    '{"line1": "1 High Street", "city": "London", "postalCode": "EC1A 1BB", "country": "GB"}'::jsonb AS address
  FROM generate_series(1, $1::int) AS n
), orders_ AS (
  INSERT INTO orders (id, status, stock, payment, fraud, capture, customer, shipping_address, total, currency, placed_at, updated_at)
  SELECT id, 'shipped', 'yes', 'yes', 'yes', 'yes', customer, address, 3750, 'GBP', now(), now() FROM new
), lines AS (
  INSERT INTO order_lines (order_id, line, sku, name, quantity, unit_price)
  SELECT id, line, 'SKU-' || lpad((line * 400)::text, 4, '0'), 'Product', line, 1250 FROM new, generate_series(1, 2) AS line
), keys AS (
  INSERT INTO idempotency_keys (client_id, key, fingerprint, order_id, created_at)
  SELECT '00000000-0000-7000-8000-000000000000', id::text, sha256(id::text::bytea), id, now() FROM new
), opened AS (
  INSERT INTO streams (stream, version) SELECT 'order-' || id, jsonb_array_length($2::jsonb) FROM new
), steps AS MATERIALIZED (
  SELECT id, step, type, reactions, customer, address, bench_uuidv7() AS event_id
  FROM new, ROWS FROM (jsonb_to_recordset($2::jsonb) AS (type text, reactions int)) WITH ORDINALITY AS way(type, reactions, step)
), handled AS (
  INSERT INTO deliveries (event_id, worker, handled_at, duration_us, attempt, instance)
  SELECT event_id, 'history.reaction-' || nth, now(), 1000, 1, 'worker history@bench:1' FROM steps, generate_series(1, reactions) AS nth
)
INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, occurred_at)
SELECT nextval('events_position_seq'), event_id, type, 1, 'order-' || id, step,
  CASE WHEN type IN ('order.placed', 'order.confirmed') THEN jsonb_build_object('orderId', id, 'customer', customer, 'shippingAddress', address,
    'lines', '[{"sku": "SKU-0400", "name": "Product", "quantity": 1, "unitPrice": 1250}]'::jsonb, 'total', '{"amount": 3750, "currency": "GBP"}'::jsonb,
    'payment', '{"token": "pm_card_visa"}'::jsonb)
  ELSE jsonb_build_object('orderId', id) END, id, now()
FROM steps ORDER BY step, id`
