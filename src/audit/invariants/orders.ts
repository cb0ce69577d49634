import { Prisma } from '#prisma'
import { since, type Invariant } from '../invariant.ts'

const placedOnce: Invariant = {
  name: 'order-placed-once',
  says: 'Every order was published by exactly one order.placed, and every order.placed has its order, or that was deleted.',
  offenders: () => Prisma.sql`
    SELECT coalesce(o.id::text, placed.id) AS who,
      CASE WHEN o.id IS NULL THEN 'It was published, but there is no such order.'
        ELSE format('It was published %s times.', coalesce(placed.times, 0)) END AS why
    FROM orders o
    FULL JOIN (SELECT data->>'orderId' AS id, count(*) AS times FROM events WHERE type = 'order.placed' GROUP BY 1) placed
      ON placed.id = o.id::text
    WHERE (o.id IS NULL OR placed.times IS DISTINCT FROM 1)
      AND NOT (o.id IS NULL AND EXISTS (SELECT FROM deleted_orders d WHERE d.order_id::text = placed.id))
      AND NOT (placed.times IS NULL AND EXISTS (SELECT FROM streams s WHERE s.stream = 'order-' || o.id
        AND (s.archived > 0 OR EXISTS (SELECT FROM archives WHERE state = 'detached'))))`,
}

/** What the parts of the costs add up to, in each way of adding. */
const ADDED_UP = Prisma.sql`
  SELECT coalesce(sum(part.discount), 0) AS discount, coalesce(sum(part.tax), 0) AS tax, sum(part.total) AS total,
    (SELECT coalesce(sum(amount), 0) FROM jsonb_to_recordset(o.costs->'discounts') AS given(amount bigint)) AS given,
    (SELECT coalesce(sum(amount), 0) FROM jsonb_to_recordset(o.costs->'taxes') AS tax(amount bigint)) AS taxes
  FROM jsonb_to_recordset((o.costs->'lines') || coalesce(o.costs->'shippingMethod', '[]')) AS part(discount bigint, tax bigint, total bigint)`

const costsItsLines: Invariant = {
  name: 'order-costs-its-lines',
  says: 'The total of an order is the sum of its lines, and what order.placed said; with discounts, shipping and tax their parts add up to it.',
  offenders: () => Prisma.sql`
    SELECT o.id AS who, CASE WHEN o.total = (e.data->'total'->>'amount')::bigint AND o.costs IS NOT NULL
      THEN format('Its total is %s, its lines cost %s, and its costs are %s.', o.total, lines.cost, o.costs)
      ELSE format('Its total is %s, its lines cost %s, and order.placed said %s.',
        o.total, coalesce(lines.cost, 0), e.data->'total'->>'amount') END AS why
    FROM orders o
    LEFT JOIN (SELECT order_id, sum(quantity::bigint * unit_price) AS cost FROM order_lines GROUP BY 1) lines ON lines.order_id = o.id
    LEFT JOIN events e ON e.type = 'order.placed' AND e.stream = 'order-' || o.id
    LEFT JOIN LATERAL (${ADDED_UP}) parts ON o.costs IS NOT NULL
    WHERE o.total <> (e.data->'total'->>'amount')::bigint
      OR CASE WHEN o.costs IS NULL THEN o.total IS DISTINCT FROM lines.cost ELSE
        o.total IS DISTINCT FROM parts.total OR lines.cost IS DISTINCT FROM (o.costs->>'items')::bigint
        OR o.total <> lines.cost - parts.discount + (o.costs->>'shipping')::bigint
          + CASE WHEN (o.costs->>'taxIncluded')::boolean THEN 0 ELSE parts.tax END
        OR ARRAY[parts.discount, parts.tax] IS DISTINCT FROM ARRAY[parts.given, parts.taxes]
        OR ARRAY[parts.discount, parts.tax] IS DISTINCT FROM ARRAY[(o.costs->>'discount')::numeric, (o.costs->>'tax')::numeric] END`,
}

const movesOn: Invariant = {
  name: 'order-moves-on',
  says: 'No order waits for its decision or its parcel longer than patience lasts, but for parcels that its client ships.',
  offenders: (limits) => Prisma.sql`
    SELECT o.id AS who, format('It is %s since %s: %s.', o.status, to_char(o.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'),
      coalesce(dead.why, waiting.why, 'every reaction has handled its events, but '
        || concat_ws(' and ', CASE WHEN stock = 'pending' THEN 'stock' END, CASE WHEN payment = 'pending' THEN 'payment' END,
          CASE WHEN fraud = 'pending' THEN 'fraud screening' END,
          CASE WHEN o.status = 'confirmed' AND capture = 'pending' THEN 'capture' END,
          CASE WHEN o.status = 'confirmed' AND tracking_number IS NULL THEN 'the parcel' END)
        || ' has not been answered')) AS why
    FROM orders o
    LEFT JOIN LATERAL (
      SELECT format('dead letter %s of %s holds it (%s: %s)', l.id, l.reaction, l.reason, left(l.error_message, 200)) AS why
      FROM deliveries l WHERE l.correlation_id = o.id::text AND l.state = 'dead' ORDER BY l.failed_at LIMIT 1
    ) dead ON true
    LEFT JOIN LATERAL (
      SELECT format('%s has not handled %s%s', s.reaction, e.type, (
        SELECT format(', which is %s (%s) after %s attempts%s', d.state, d.reason, d.attempts,
          coalesce(': ' || left(d.error_message, 200), ''))
        FROM deliveries d WHERE d.event_id = e.id AND d.reaction = s.reaction)) AS why
      FROM events e JOIN subscriptions s ON s.event_type = e.type AND e.position > s.since
      WHERE e.correlation_id = o.id::text
        AND NOT EXISTS (SELECT FROM handled_events d WHERE d.event_id = e.id AND d.reaction = s.reaction)
      ORDER BY e.position, s.reaction LIMIT 1
    ) waiting ON true
    WHERE (o.status = 'placed' OR o.status = 'confirmed' AND (o.fulfillment IS DISTINCT FROM 'manual' OR o.capture = 'pending'))
      AND ${since('o.updated_at', limits)}`,
}

const deletedIsGone: Invariant = {
  name: 'deleted-order-is-gone',
  says: 'Of an order that was deleted no row is left.',
  offenders: () => Prisma.sql`
    SELECT order_id AS who, format('It was deleted at %s, and there are rows of it: %s.',
      to_char(min(deleted_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), string_agg(DISTINCT place, ', ')) AS why
    FROM deleted_orders JOIN (
      SELECT id AS order_id, 'orders' AS place FROM orders UNION ALL SELECT order_id, 'order_lines' FROM order_lines
      UNION ALL SELECT order_id, 'reservations' FROM reservations UNION ALL SELECT order_id, 'payments' FROM payments
      UNION ALL SELECT order_id, 'payment_ledger' FROM payment_ledger UNION ALL SELECT order_id, 'refunds' FROM refunds
      UNION ALL SELECT order_id, 'shipments' FROM shipments UNION ALL SELECT order_id, 'parcels' FROM parcels
      UNION ALL SELECT order_id, 'loyalty_orders' FROM loyalty_orders
      UNION ALL SELECT order_id, 'order_history' FROM order_history
    ) AS left_over USING (order_id) GROUP BY order_id`,
}

export const orderInvariants = [placedOnce, costsItsLines, movesOn, deletedIsGone]
