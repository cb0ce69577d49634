import type pg from 'pg'
import { prepareLimit } from '../limits/statement.ts'

const ADDRESS = JSON.stringify({ line1: '1 High Street', city: 'London', postalCode: 'EC1A 1BB', country: 'GB' })

/** Puts so many facts `order.placed` into the event store in one commit, each with its own order, customer and products. */
export async function storeOrders(pool: pg.Pool, count: number): Promise<void> {
  await prepareLimit(pool)
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
    SELECT nextval('events_position_seq'), event_id, 'order.placed', 1, 'order-' || id, 1,
      jsonb_build_object('orderId', id, 'shippingAddress', $2::jsonb,
        'customer', jsonb_build_object('name', 'Customer ' || n, 'email', 'customer-' || n || '@example.com'),
        'lines', jsonb_build_array(
          jsonb_build_object('sku', first, 'name', 'Product ' || first, 'quantity', 1, 'unitPrice', 1250),
          jsonb_build_object('sku', second, 'name', 'Product ' || second, 'quantity', 2, 'unitPrice', 1250)),
        'total', jsonb_build_object('amount', 3750, 'currency', 'GBP'),
        'payment', jsonb_build_object('token', 'pm_card_visa')), id, now()
    FROM new ORDER BY n`,
    [count, ADDRESS],
  )
}
