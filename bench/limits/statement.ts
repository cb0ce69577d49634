import type pg from 'pg'

/** One transaction in one statement. `$1`, `$2` … are whole numbers drawn anew each time. */
export interface Statement {
  name: string
  sql: string
  parameters: readonly { min: number; max: number }[]
}

/** Ids in the order of time, as ours are, so that the limit's indexes are as friendly. */
export async function prepareLimit(pool: pg.Pool): Promise<void> {
  await pool.query(`
    CREATE OR REPLACE FUNCTION bench_uuidv7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
      SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
        || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid
    $$`)
}

/** JSON that pgbench does not take for its variables: it reads `:name` even within quotes. */
const json = (value: unknown) => `'${JSON.stringify(value, null, 1).replaceAll(/\s*\n\s*/g, ' ')}'::jsonb`

const sku = (parameter: string) => `'SKU-' || lpad(${parameter}::text, 4, '0')`
const halves = [
  { min: 1, max: 500 },
  { min: 501, max: 1_000 },
]
const customer = { name: 'Customer 1', email: 'customer-1-200-700@example.com' }
const shippingAddress = { line1: '1 High Street', city: 'London', postalCode: 'EC1A 1BB', country: 'GB' }
const line = (number: number, quantity: number) => ({
  sku: `SKU-${number}`,
  name: `Product SKU-${number}`,
  quantity,
  unitPrice: 1250,
})
const orderPlaced = {
  lines: [line(1001, 1), line(1002, 2)],
  total: { amount: 3750, currency: 'GBP' },
  orderId: '00000000-0000-7000-8000-000000000000',
  payment: { token: 'pm_card_visa' },
  customer,
  shippingAddress,
}

/** The same rows as an order that the API takes, one order per commit, in one round trip. */
export const PLACE_ORDER: Statement = {
  name: 'place-order',
  parameters: halves,
  sql: `WITH new AS MATERIALIZED (SELECT bench_uuidv7() AS id, bench_uuidv7() AS event_id, now() AS at),
placed AS (
  INSERT INTO orders (id, status, customer, shipping_address, total, currency, placed_at, updated_at)
  SELECT id, 'placed', ${json(customer)}, ${json(shippingAddress)}, 3750, 'GBP', at, at FROM new),
lines AS (
  INSERT INTO order_lines (order_id, line, sku, name, quantity, unit_price)
  SELECT id, line, sku, 'Product ' || sku, line, 1250 FROM new,
    (VALUES (1, ${sku('$1')}), (2, ${sku('$2')})) AS wanted(line, sku)),
keys AS (
  INSERT INTO idempotency_keys (client_id, key, fingerprint, order_id, created_at)
  SELECT '00000000-0000-7000-8000-000000000000', event_id::text, sha256(event_id::text::bytea), id, at FROM new),
stream AS (INSERT INTO streams (stream, version) SELECT 'order-' || id, 1 FROM new)
INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, occurred_at)
SELECT nextval('events_position_seq'), event_id, 'order.placed', 1, 'order-' || id, 1,
  ${json(orderPlaced)} || jsonb_build_object('orderId', id), id, at FROM new`,
}

const LEDGER = (worker: string) => `ledger AS (
  INSERT INTO deliveries (event_id, worker, handled_at, duration_us, attempt, instance)
  SELECT event_id, '${worker}', clock_timestamp(), 100, 1, 'worker@bench' FROM new)`

/** What `bench.note` writes for one message, one message per commit. */
export const ONE_ROW: Statement = {
  name: 'one-row',
  parameters: [],
  sql: `WITH new AS MATERIALIZED (SELECT bench_uuidv7() AS event_id, bench_uuidv7() AS order_id),
${LEDGER('bench.note')}
INSERT INTO bench_notes (order_id, noted_at) SELECT order_id, now() FROM new`,
}

/** What `inventory.reserve-stock` writes for one message, one message per commit. */
export const RESERVE_STOCK: Statement = {
  name: 'reserve-stock',
  parameters: halves,
  sql: `WITH new AS MATERIALIZED (
  SELECT bench_uuidv7() AS event_id, bench_uuidv7() AS order_id, bench_uuidv7() AS next_id,
    jsonb_build_array(jsonb_build_object('sku', ${sku('$1')}, 'quantity', 1), jsonb_build_object('sku', ${sku('$2')}, 'quantity', 2)) AS lines),
reservation AS (
  INSERT INTO reservations (order_id, status, lines, updated_at) SELECT order_id, 'reserved', lines, now() FROM new),
wanted AS MATERIALIZED (
  SELECT sku, CASE WHEN sku = ${sku('$1')} THEN 1 ELSE 2 END AS quantity FROM stock
  WHERE sku IN (${sku('$1')}, ${sku('$2')}) ORDER BY sku FOR NO KEY UPDATE),
moved AS (
  UPDATE stock SET on_hand = on_hand - quantity, reserved = reserved + quantity FROM wanted WHERE stock.sku = wanted.sku),
${LEDGER('inventory.reserve-stock')},
stream AS (INSERT INTO streams (stream, version) SELECT 'order-' || order_id, 2 FROM new)
INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, causation_id, occurred_at)
SELECT nextval('events_position_seq'), next_id, 'stock.reserved', 1, 'order-' || order_id, 2,
  jsonb_build_object('orderId', order_id, 'lines', lines), order_id, event_id, now() FROM new`,
}
