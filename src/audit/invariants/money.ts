import { Prisma } from '#prisma'
import { since, type Invariant } from '../invariant.ts'

/** The ledger of one order: authorized, captured, voided, refunded, and what is held and taken after all. */
const BOOKED = Prisma.sql`
  SELECT order_id, min(currency) AS currency, count(DISTINCT currency) AS currencies,
    coalesce(sum(held) FILTER (WHERE kind = 'authorized'), 0) AS authorized,
    coalesce(sum(taken) FILTER (WHERE kind = 'captured'), 0) AS captured,
    coalesce(-sum(held) FILTER (WHERE kind = 'voided'), 0) AS voided,
    coalesce(-sum(taken) FILTER (WHERE kind = 'refunded'), 0) AS refunded,
    sum(held) AS held, sum(taken) AS taken
  FROM payment_ledger GROUP BY order_id`

const isConserved: Invariant = {
  name: 'money-is-conserved',
  says: 'Authorized = captured + voided + held, captured − refunded = taken, and neither held nor taken is negative.',
  offenders: () => Prisma.sql`
    SELECT order_id AS who, format('%s authorized, %s captured, %s voided, %s refunded; that leaves %s held and %s taken.',
      authorized, captured, voided, refunded, held, taken) AS why
    FROM (${BOOKED}) booked
    WHERE authorized <> captured + voided + held OR captured - refunded <> taken OR held < 0 OR taken < 0 OR currencies > 1`,
}

const isWhatThePaymentSays: Invariant = {
  name: 'payment-is-what-its-ledger-says',
  says: 'The status and amount of a payment are what its ledger entries add up to.',
  offenders: () => Prisma.sql`
    SELECT coalesce(p.order_id, b.order_id) AS who, format('Its payment is %s over %s; the ledger says %s held and %s taken.',
      coalesce(p.status, 'unknown'), coalesce(p.amount, 0), coalesce(b.held, 0), coalesce(b.taken, 0)) AS why
    FROM payments p FULL JOIN (${BOOKED}) b ON b.order_id = p.order_id
    WHERE coalesce(b.held, 0) <> CASE WHEN p.status IN ('authorized', 'failed') THEN p.amount ELSE 0 END
      OR coalesce(b.taken, 0) <> CASE WHEN p.status = 'captured' THEN p.amount - p.refunded ELSE 0 END
      OR (p.status IN ('authorized', 'failed', 'captured', 'voided', 'refunded') AND p.amount IS DISTINCT FROM b.authorized)`,
}

const isForAnOrder: Invariant = {
  name: 'payment-is-for-an-order',
  says: 'Money is held and taken for an order, and exactly what it costs; what was held for no order has gone back.',
  offenders: () => Prisma.sql`
    SELECT b.order_id AS who, CASE WHEN o.id IS NULL THEN format('%s %s were authorized for it, but there is no such order.', authorized, b.currency)
      ELSE format('%s %s were authorized; it costs %s %s.', authorized, b.currency, o.total, o.currency) END AS why
    FROM (${BOOKED}) b LEFT JOIN orders o ON o.id = b.order_id
    WHERE CASE WHEN o.id IS NULL THEN b.held <> 0 OR b.taken <> 0
      ELSE b.authorized IS DISTINCT FROM o.total OR b.currency IS DISTINCT FROM o.currency END`,
}

const followsItsOrder: Invariant = {
  name: 'money-follows-its-order',
  says: 'An order at its end has paid, or has its money back: nothing is held, and taken is what is owed.',
  offenders: (limits) => Prisma.sql`
    SELECT o.id AS who, format('It is %s over %s %s; %s are held and %s taken.', o.status, o.total, o.currency,
      coalesce(b.held, 0), coalesce(b.taken, 0)) AS why
    FROM orders o LEFT JOIN (${BOOKED}) b ON b.order_id = o.id LEFT JOIN payments p ON p.order_id = o.id
    WHERE ${since('o.updated_at', limits)} AND o.status NOT IN ('placed', 'confirmed')
      AND (coalesce(b.held, 0) <> 0
        OR coalesce(b.taken, 0) <> CASE WHEN o.status IN ('shipped', 'delivered') THEN o.total - coalesce(p.refunded, 0) ELSE 0 END)`,
}

const refundsAddUp: Invariant = {
  name: 'refunds-add-up',
  says: 'What refunds have given back is booked for each of them, and what they still want is set aside; together no more than was taken.',
  offenders: () => Prisma.sql`
    SELECT coalesce(p.order_id, r.order_id) AS who, format('%s of %s have gone back and %s are set aside; refunds gave back %s (booked: %s) and want %s.',
      coalesce(p.refunded, 0), coalesce(p.amount, 0), coalesce(p.refunding, 0), coalesce(r.given, 0), coalesce(r.booked, 0), coalesce(r.wanted, 0)) AS why
    FROM payments p FULL JOIN (
      SELECT r.order_id, coalesce(sum(r.amount) FILTER (WHERE r.status = 'succeeded'), 0) AS given,
        coalesce(sum(r.amount) FILTER (WHERE r.status = 'requested'), 0) AS wanted,
        coalesce(-sum(l.taken), 0) AS booked, bool_or((r.status = 'succeeded') <> (l.order_id IS NOT NULL)) AS differs
      FROM refunds r LEFT JOIN payment_ledger l ON l.order_id = r.order_id AND l.kind = 'refunded' AND l.refund_id = r.id
      GROUP BY r.order_id
    ) r ON r.order_id = p.order_id
    WHERE coalesce(p.refunding, 0) <> coalesce(r.wanted, 0) OR coalesce(r.given, 0) <> coalesce(r.booked, 0) OR r.differs
      OR coalesce(p.refunded, 0) < coalesce(r.given, 0) OR coalesce(p.refunded, 0) + coalesce(p.refunding, 0) > coalesce(p.amount, 0)`,
}

/** Groups of pieces, under their id, that have no refund, or one that has failed, while refunds have paid for fewer pieces than are gone. */
const unpaid =
  (gone: 'cancelled' | 'returned'): Invariant['offenders'] =>
  (limits) => Prisma.sql`
    SELECT o.id AS who, format('Pieces of it are ${Prisma.raw(gone)} (%s), and there is no refund of them; %s can be refunded.',
      c.id, p.amount - p.refunded - p.refunding) AS why
    FROM orders o JOIN payments p ON p.order_id = o.id
    CROSS JOIN LATERAL jsonb_to_recordset(o.parts->${gone}::text) AS c(id uuid, lines jsonb)
    WHERE p.status = 'captured' AND NOT p.closed AND p.amount > p.refunded + p.refunding AND ${since('p.updated_at', limits)}
      AND EXISTS (
        SELECT FROM jsonb_to_recordset(c.lines) AS line(sku text, amount bigint) WHERE line.amount > 0 AND (
          SELECT sum(gone.quantity) FROM jsonb_to_recordset(coalesce(o.parts->'cancelled', '[]') || coalesce(o.parts->'returned', '[]')) AS g(lines jsonb),
            jsonb_to_recordset(g.lines) AS gone(sku text, quantity int) WHERE gone.sku = line.sku
        ) > (
          SELECT coalesce(sum(back.quantity), 0) FROM refunds r, jsonb_to_recordset(r.lines) AS back(sku text, quantity int)
          WHERE r.order_id = o.id AND r.status <> 'failed' AND back.sku = line.sku))
      AND NOT EXISTS (SELECT FROM refunds r WHERE r.id = c.id AND r.status <> 'failed')`

const cancelledIsRefunded: Invariant = {
  name: 'cancelled-pieces-are-refunded',
  says: 'What cancelled pieces of a paid order have cost is refunded, as far as other refunds have left it.',
  offenders: unpaid('cancelled'),
}

const returnedIsRefunded: Invariant = {
  name: 'returned-pieces-are-refunded',
  says: 'What pieces that came back have cost is refunded, as far as other refunds have left it.',
  offenders: unpaid('returned'),
}

const tokenIsForgotten: Invariant = {
  name: 'payment-token-is-forgotten',
  says: 'A payment token is kept for an order, and only until the answer of the gateway is booked.',
  offenders: () => Prisma.sql`
    SELECT t.order_id AS who, CASE WHEN o.id IS NULL THEN 'A payment token is kept, but there is no such order.'
      ELSE format('Its payment is %s, and its token is still kept.', p.status) END AS why
    FROM payment_tokens t LEFT JOIN orders o ON o.id = t.order_id LEFT JOIN payments p ON p.order_id = t.order_id
    WHERE o.id IS NULL OR p.status <> 'pending'`,
}

export const moneyInvariants = [
  isConserved,
  isWhatThePaymentSays,
  isForAnOrder,
  followsItsOrder,
  refundsAddUp,
  cancelledIsRefunded,
  returnedIsRefunded,
  tokenIsForgotten,
]
