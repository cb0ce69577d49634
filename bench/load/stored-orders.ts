import type pg from 'pg'

const ADDRESS = JSON.stringify({ line1: '1 High Street', city: 'London', postalCode: 'EC1A 1BB', country: 'GB' })

/** Ids in the order of time, as ours are. */
const UUID_V7 = `
CREATE OR REPLACE FUNCTION bench_uuidv7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
    || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid
$$`

/** Puts so many events `order.placed` into the event store in one commit, each with its own order, customer and products. */
export async function storeOrders(pool: pg.Pool, count: number): Promise<void> {
  await pool.query(UUID_V7)
  await pool.query(
    `WITH new AS MATERIALIZED (
      SELECT n, bench_uuidv7() AS id, bench_uuidv7() AS event_id,
        'SKU-' || lpad((1 + floor(random() * 500))::text, 4, '0') AS first,
        'SKU-' || lpad((501 + floor(random() * 500))::text, 4, '0') AS second
      FROM generate_series(1, $1::int) AS n
    ), opened AS (
      INSERT INTO streams (stream, version) SELECT 'order-' || id, 1 FROM new
    )
    INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, occurred_at)
    SELECT nextval('events_position_seq'), event_id, 'order.placed', 2, 'order-' || id, 1,
      jsonb_build_object('orderId', id, 'shippingAddress', $2::jsonb,
        'customer', jsonb_build_object('name', 'Customer ' || n, 'email', 'customer-' || n || '@example.com'),
        'lines', jsonb_build_array(
          jsonb_build_object('sku', first, 'name', 'Product ' || first, 'quantity', 1, 'unitPrice', 1250),
          jsonb_build_object('sku', second, 'name', 'Product ' || second, 'quantity', 2, 'unitPrice', 1250)),
        'total', jsonb_build_object('amount', 3750, 'currency', 'GBP')), id, now()
    FROM new ORDER BY n`,
    [count, ADDRESS],
  )
}
