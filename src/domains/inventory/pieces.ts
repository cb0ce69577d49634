import { Prisma } from '#prisma'

/**
 * Where the pieces of each order are that are not on the shelf, by its reservation: rows `order_id`, `place` (reserved, shipped), `sku`
 * and `quantity`; as `movementsOf` has moved them.
 */
export const PIECES = Prisma.sql`
  SELECT order_id, place, sku, CASE place WHEN 'shipped' THEN discarded ELSE 0 END
    + CASE WHEN status = place THEN quantity - cancelled - restocked - discarded ELSE 0 END AS quantity
  FROM reservations CROSS JOIN (VALUES ('reserved'), ('shipped')) AS places(place)
  CROSS JOIN jsonb_to_recordset(lines) AS line(sku text, quantity int)
  CROSS JOIN LATERAL (
    SELECT coalesce((apart->sku->>'cancelled')::int, 0) AS cancelled, coalesce((apart->sku->>'restocked')::int, 0) AS restocked,
      coalesce((apart->sku->>'discarded')::int, 0) AS discarded
  ) AS ways
  WHERE status IN ('reserved', 'shipped', 'returned')`
