/** A transaction that a baseline runs again and again. */
export interface Transaction {
  name: string
  /**
   * Between BEGIN and COMMIT, each a prepared statement and a round trip of its own. `$1` is a number that no other run has,
   * ascending, for ids in the order of time; `$2`, `$3` … are drawn anew.
   */
  statements: readonly string[]
  draws: readonly { min: number; max: number }[]
}

/** JSON that pgbench does not take for its variables: it reads `:name` even within quotes. */
const json = (value: unknown) => `'${JSON.stringify(value, null, 1).replaceAll(/\s*\n\s*/g, ' ')}'::jsonb`

/** The text of an id, one for each run and kind. */
const id = (kind: number) => `('00000000-0000-7${kind}00-8000-' || lpad($1::text, 12, '0'))`
const ORDER = id(1)
const EVENT = id(2)
const NEXT_EVENT = id(3)
const sku = (parameter: string) => `'SKU-' || lpad(${parameter}::text, 4, '0')`
const [FIRST, SECOND] = [sku('$2'), sku('$3')]
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
  customer,
  shippingAddress,
}

const stream = (version: number) => `INSERT INTO streams (stream, version) VALUES ('order-' || ${ORDER}, ${version})`

/** The same rows as an order that the API accepts, one order per commit. */
export const PLACE_ORDER: Transaction = {
  name: 'place-order',
  draws: halves,
  statements: [
    `INSERT INTO orders (id, status, customer, shipping_address, total, currency, placed_at, updated_at)
VALUES (${ORDER}::uuid, 'placed', ${json(customer)}, ${json(shippingAddress)}, 3750, 'GBP', now(), now())`,
    `INSERT INTO order_lines (order_id, line, sku, name, quantity, unit_price)
VALUES (${ORDER}::uuid, 1, ${FIRST}, 'Product ' || ${FIRST}, 1, 1250), (${ORDER}::uuid, 2, ${SECOND}, 'Product ' || ${SECOND}, 2, 1250)`,
    `INSERT INTO payment_tokens (order_id, token, kept_at) VALUES (${ORDER}::uuid, 'pm_card_visa', now())`,
    `INSERT INTO idempotency_keys (client_id, key, fingerprint, order_id, created_at)
VALUES ('00000000-0000-7000-8000-000000000000', ${EVENT}, decode('${'5e'.repeat(32)}', 'hex'), ${ORDER}::uuid, now())`,
    stream(1),
    `INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, occurred_at)
VALUES (nextval('events_position_seq'), ${EVENT}::uuid, 'order.placed', 2, 'order-' || ${ORDER}, 1,
  ${json(orderPlaced)} || jsonb_build_object('orderId', ${ORDER}), ${ORDER}, now())`,
  ],
}

const wasHandled = (reaction: string) =>
  `SELECT handled_at FROM handled_events WHERE event_id = ${EVENT}::uuid AND reaction = '${reaction}'`
const handled = (
  reaction: string,
) => `INSERT INTO handled_events (event_id, reaction, handled_at, duration_us, attempt, instance)
VALUES (${EVENT}::uuid, '${reaction}', clock_timestamp(), 100, 1, 'reaction@bench')`

/** What `bench.note` reads and writes for one message, one message per commit. */
export const ONE_ROW: Transaction = {
  name: 'one-row',
  draws: [],
  statements: [
    wasHandled('bench.note'),
    `INSERT INTO bench_notes (order_id, noted_at) VALUES (${ORDER}::uuid, now())`,
    handled('bench.note'),
  ],
}

const lines = `jsonb_build_array(jsonb_build_object('sku', ${FIRST}, 'quantity', 1), jsonb_build_object('sku', ${SECOND}, 'quantity', 2))`

/** What `inventory.reserve-stock` reads and writes for one message, one message per commit. */
export const RESERVE_STOCK: Transaction = {
  name: 'reserve-stock',
  draws: halves,
  statements: [
    wasHandled('inventory.reserve-stock'),
    `INSERT INTO reservations (order_id, status, lines, updated_at) VALUES (${ORDER}::uuid, 'reserved', ${lines}, now())`,
    `WITH wanted AS MATERIALIZED (
  SELECT sku, CASE WHEN sku = ${FIRST} THEN 1 ELSE 2 END AS quantity FROM stock
  WHERE sku IN (${FIRST}, ${SECOND}) ORDER BY sku FOR NO KEY UPDATE)
UPDATE stock SET on_hand = on_hand - quantity, reserved = reserved + quantity FROM wanted WHERE stock.sku = wanted.sku`,
    handled('inventory.reserve-stock'),
    stream(2),
    `INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, causation_id, occurred_at)
VALUES (nextval('events_position_seq'), ${NEXT_EVENT}::uuid, 'stock.reserved', 1, 'order-' || ${ORDER}, 2,
  jsonb_build_object('orderId', ${ORDER}, 'lines', ${lines}), ${ORDER}, ${EVENT}::uuid, now())`,
  ],
}
