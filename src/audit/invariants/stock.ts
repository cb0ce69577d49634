import { PIECES } from '#domains/inventory'
import { Prisma } from '#prisma'
import { since, type Invariant } from '../invariant.ts'

const isConserved: Invariant = {
  name: 'stock-is-conserved',
  says: 'On hand + reserved + shipped = received + corrected, and none but what was corrected is negative.',
  offenders: () => Prisma.sql`
    SELECT sku AS who, format('%s on hand + %s reserved + %s shipped is not %s received + %s corrected.', on_hand, reserved, shipped,
      received, corrected) AS why
    FROM stock
    WHERE on_hand + reserved + shipped <> received + corrected OR least(on_hand, reserved, shipped, received) < 0`,
}

/** What receipts, corrections and reservations add up to, by SKU; with what deleted orders have shipped. */
const BOOKED = Prisma.sql`
  SELECT sku, coalesce(sum(quantity) FILTER (WHERE place = 'received'), 0) AS received,
    coalesce(sum(quantity) FILTER (WHERE place = 'corrected'), 0) AS corrected,
    coalesce(sum(quantity) FILTER (WHERE place = 'reserved'), 0) AS reserved,
    coalesce(sum(quantity) FILTER (WHERE place = 'shipped'), 0) AS shipped
  FROM (
    SELECT 'received' AS place, line.* FROM stock_receipts, jsonb_to_recordset(lines) AS line(sku text, quantity int)
    UNION ALL
    SELECT 'corrected', line.* FROM stock_corrections, jsonb_to_recordset(lines) AS line(sku text, change int)
    UNION ALL
    SELECT place, sku, quantity FROM (${PIECES}) AS pieces
    UNION ALL
    SELECT 'shipped', key, amount FROM carried_forward WHERE account = 'stock.shipped'
  ) AS lines
  GROUP BY sku`

const isWhatWasBooked: Invariant = {
  name: 'stock-is-what-was-booked',
  says: 'Received is the sum of the receipts, corrected that of the corrections, reserved that of the open reservations, shipped that of the shipped ones, of parcels and of what came back damaged.',
  offenders: () => Prisma.sql`
    SELECT sku AS who, format('%s received, %s corrected, %s reserved, %s shipped; what was booked and reserved adds up to %s, %s, %s and %s.',
      coalesce(s.received, 0), coalesce(s.corrected, 0), coalesce(s.reserved, 0), coalesce(s.shipped, 0),
      coalesce(b.received, 0), coalesce(b.corrected, 0), coalesce(b.reserved, 0), coalesce(b.shipped, 0)) AS why
    FROM stock s FULL JOIN (${BOOKED}) b USING (sku)
    WHERE coalesce(s.received, 0) <> coalesce(b.received, 0) OR coalesce(s.corrected, 0) <> coalesce(b.corrected, 0)
      OR coalesce(s.reserved, 0) <> coalesce(b.reserved, 0)
      OR coalesce(s.shipped, 0) <> coalesce(b.shipped, 0)`,
}

/** Opening stock has neither an actor nor an event. */
const isAFact: Invariant = {
  name: 'stock-booking-is-a-fact',
  says: 'Every receipt and correction that somebody has booked is an event, and every such event was booked, with the same lines.',
  offenders: () => Prisma.sql`
    WITH booked AS (
      SELECT 'stock-receipt-' || id AS stream, lines FROM stock_receipts WHERE actor IS NOT NULL
      UNION ALL SELECT 'stock-correction-' || id, lines FROM stock_corrections WHERE actor IS NOT NULL
    )
    SELECT b.stream AS who, 'It is booked, and no event tells of it.' AS why
    FROM booked b WHERE NOT EXISTS (SELECT FROM streams s WHERE s.stream = b.stream)
    UNION ALL
    SELECT e.stream, CASE WHEN b.stream IS NULL THEN 'An event tells of it, and it is not booked.'
      ELSE format('The event says %s, and %s is booked.', e.data->'lines', b.lines) END
    FROM events e LEFT JOIN booked b USING (stream)
    WHERE e.type IN ('stock.received', 'stock.corrected') AND b.lines IS DISTINCT FROM e.data->'lines'`,
}

const followsItsOrder: Invariant = {
  name: 'stock-follows-its-order',
  says: 'The goods of an order at its end are where that end says: back on the shelf, or shipped.',
  offenders: (limits) => Prisma.sql`
    SELECT o.id AS who, format('It is %s, and its goods are %s.', o.status, coalesce(r.status, 'unknown')) AS why
    FROM orders o LEFT JOIN reservations r ON r.order_id = o.id
    WHERE ${since('o.updated_at', limits)} AND CASE
      WHEN o.status IN ('rejected', 'cancelled', 'expired') THEN coalesce(r.status IN ('reserved', 'shipped'), false)
      WHEN o.status IN ('shipped', 'delivered') THEN r.status IS DISTINCT FROM 'shipped'
      WHEN o.status = 'returned' THEN r.status IS DISTINCT FROM 'returned'
      ELSE false END`,
}

const isForAnOrder: Invariant = {
  name: 'reservation-is-for-an-order',
  says: 'What is reserved or shipped belongs to an order, and is exactly what it wants.',
  offenders: () => Prisma.sql`
    SELECT r.order_id AS who, CASE WHEN wanted.lines IS NULL THEN 'Goods are set aside for it, but there is no such order.'
      ELSE format('%s are set aside for it; it wants %s.', kept.lines, wanted.lines) END AS why
    FROM reservations r
    LEFT JOIN LATERAL (
      SELECT jsonb_object_agg(sku, quantity) AS lines
      FROM (SELECT sku, sum(quantity) AS quantity FROM order_lines l WHERE l.order_id = r.order_id GROUP BY sku) AS merged
    ) wanted ON true
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(sku, quantity) AS lines FROM jsonb_to_recordset(r.lines) AS line(sku text, quantity int)
    ) kept
    WHERE r.status IN ('reserved', 'shipped', 'returned') AND kept.lines IS DISTINCT FROM wanted.lines`,
}

const cancelledIsFree: Invariant = {
  name: 'cancelled-pieces-are-free',
  says: 'The pieces of an order that were cancelled are those that are not set aside for it any more.',
  offenders: (limits) => Prisma.sql`
    SELECT o.id AS who, format('%s of it are cancelled; its stock knows of %s.', coalesce(told.pieces, '{}'), coalesce(kept.pieces, '{}')) AS why
    FROM orders o JOIN reservations r ON r.order_id = o.id
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(sku, quantity) AS pieces FROM (
        SELECT sku, sum(quantity) AS quantity FROM jsonb_to_recordset(o.parts->'cancelled') AS cancelled(lines jsonb),
          jsonb_to_recordset(lines) AS line(sku text, quantity int) GROUP BY sku) AS merged
    ) told
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(key, value->'cancelled') AS pieces FROM jsonb_each(r.apart) WHERE value->>'cancelled' <> '0'
    ) kept
    WHERE (o.parts IS NOT NULL OR r.apart <> '{}') AND o.parts_version = o.version AND ${since('o.updated_at', limits)}
      AND told.pieces IS DISTINCT FROM kept.pieces`,
}

/** What came back, one row for each line of each return. */
const RETURNED = Prisma.sql`
  SELECT line.* FROM jsonb_to_recordset(o.parts->'returned') AS returned(lines jsonb),
    jsonb_to_recordset(lines) AS line(sku text, quantity int, restocked boolean)`

const returnedWasShipped: Invariant = {
  name: 'returned-pieces-were-shipped',
  says: 'No more pieces of an order came back than were shipped to the customer.',
  offenders: () => Prisma.sql`
    SELECT o.id AS who, format('%s of %s came back, and %s were shipped; it is %s.', r.quantity, r.sku,
      wanted.ordered - wanted.cancelled, o.status) AS why
    FROM orders o CROSS JOIN LATERAL (SELECT sku, sum(quantity) AS quantity FROM (${RETURNED}) AS back GROUP BY sku) r
    CROSS JOIN LATERAL (
      SELECT coalesce((SELECT sum(l.quantity) FROM order_lines l WHERE l.order_id = o.id AND l.sku = r.sku), 0) AS ordered,
        coalesce((SELECT sum(quantity) FROM jsonb_to_recordset(o.parts->'cancelled') AS cancelled(lines jsonb),
          jsonb_to_recordset(lines) AS line(sku text, quantity int) WHERE line.sku = r.sku), 0) AS cancelled
    ) wanted
    WHERE r.quantity > wanted.ordered - wanted.cancelled OR o.status NOT IN ('delivered', 'returned')`,
}

const returnedIsInStock: Invariant = {
  name: 'returned-pieces-are-in-stock',
  says: 'What came back of an order is on the shelf again, or was discarded, as its returns say.',
  offenders: (limits) => Prisma.sql`
    SELECT o.id AS who, format('%s of it came back (false: damaged); its stock knows of %s.', coalesce(told.pieces, '{}'), coalesce(kept.pieces, '{}')) AS why
    FROM orders o JOIN reservations r ON r.order_id = o.id
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(sku || ' ' || restocked, quantity) AS pieces
      FROM (SELECT sku, restocked, sum(quantity) AS quantity FROM (${RETURNED}) AS back GROUP BY sku, restocked) AS merged
    ) told
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(sku || ' ' || (way = 'restocked'), pieces::int) AS pieces
      FROM jsonb_each(r.apart) AS apart(sku, ways), jsonb_each_text(ways) AS gone(way, pieces)
      WHERE way IN ('restocked', 'discarded') AND pieces <> '0'
    ) kept
    WHERE (o.parts IS NOT NULL OR r.apart <> '{}') AND o.parts_version = o.version AND ${since('o.updated_at', limits)}
      AND told.pieces IS DISTINCT FROM kept.pieces`,
}

const inParcels: Invariant = {
  name: 'parcels-hold-their-pieces',
  says: 'The parcels of a client hold the pieces that left by what its order says, each once, and never more than are wanted.',
  offenders: (limits) => Prisma.sql`
    SELECT o.id AS who, CASE WHEN stored.pieces IS DISTINCT FROM told.pieces
        THEN format('Its parcels hold %s; it knows of %s.', coalesce(stored.pieces, '{}'), coalesce(told.pieces, '{}'))
      WHEN kept.pieces IS DISTINCT FROM told.pieces
        THEN format('%s of it are in parcels; its stock knows of %s.', coalesce(told.pieces, '{}'), coalesce(kept.pieces, '{}'))
      ELSE format('%s in parcels or cancelled are more than were ordered.', told.pieces) END AS why
    FROM orders o LEFT JOIN reservations r ON r.order_id = o.id
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(sku, quantity) AS pieces FROM (
        SELECT sku, sum(quantity) AS quantity FROM parcels p, jsonb_to_recordset(p.lines) AS line(sku text, quantity int)
        WHERE p.order_id = o.id GROUP BY sku) AS merged
    ) stored
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(sku, quantity) AS pieces FROM (
        SELECT sku, sum(quantity) AS quantity FROM jsonb_to_recordset(o.parts->'parcels') AS parcel(lines jsonb),
          jsonb_to_recordset(parcel.lines) AS line(sku text, quantity int) GROUP BY sku) AS merged
    ) told
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(key, value->'inParcels') AS pieces FROM jsonb_each(r.apart) WHERE value->>'inParcels' <> '0'
    ) kept
    WHERE (o.fulfillment = 'manual' OR told.pieces IS NOT NULL) AND o.parts_version = o.version AND ${since('o.updated_at', limits)}
      AND (stored.pieces IS DISTINCT FROM told.pieces OR kept.pieces IS DISTINCT FROM told.pieces
        OR EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id
          AND l.quantity < coalesce((told.pieces->>l.sku)::int, 0) + coalesce((r.apart->l.sku->>'cancelled')::int, 0)))`,
}

const parcels: Invariant = {
  name: 'one-parcel-per-shipped-order',
  says: 'An order that was shipped has a parcel, and no other order at its end has one on the way.',
  offenders: (limits) => Prisma.sql`
    SELECT o.id AS who, format('It is %s, and its parcel is %s.', o.status, coalesce(s.status, 'not there')) AS why
    FROM orders o LEFT JOIN shipments s ON s.order_id = o.id
    WHERE ${since('o.updated_at', limits)} AND o.status NOT IN ('placed', 'confirmed')
      AND (o.status IN ('shipped', 'delivered', 'returned')) <> (coalesce(s.status IN ('booked', 'delivered'), false)
        OR EXISTS (SELECT FROM parcels p WHERE p.order_id = o.id))`,
}

export const stockInvariants = [
  isConserved,
  isWhatWasBooked,
  isAFact,
  followsItsOrder,
  isForAnOrder,
  cancelledIsFree,
  returnedWasShipped,
  returnedIsInStock,
  inParcels,
  parcels,
]
