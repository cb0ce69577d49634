import { Prisma } from '#prisma'

/**
 * Where the pieces of each order are that are not on the shelf, by its reservation: rows `order_id`, `place` (reserved, shipped), `sku`
 * and `quantity`; as `movementsOf` has moved them. Those in a parcel are shipped before the rest of their order.
 * Never fewer than none.
 */
export const PIECES = Prisma.sql`
  SELECT order_id, place, sku, CASE place WHEN 'shipped' THEN discarded ELSE 0 END
    + CASE WHEN status = place THEN rest ELSE 0 END
    + CASE status WHEN 'reserved' THEN CASE place WHEN 'shipped' THEN gone ELSE -gone END ELSE 0 END AS quantity
  FROM reservations CROSS JOIN (VALUES ('reserved'), ('shipped')) AS places(place)
  CROSS JOIN jsonb_to_recordset(lines) AS line(sku text, quantity int)
  CROSS JOIN LATERAL (
    SELECT coalesce((apart->sku->>'discarded')::int, 0) AS discarded, coalesce((apart->sku->>'inParcels')::int, 0) AS in_parcels,
      greatest(0, quantity - coalesce((apart->sku->>'cancelled')::int, 0) - coalesce((apart->sku->>'restocked')::int, 0)
        - coalesce((apart->sku->>'discarded')::int, 0)) AS rest
  ) AS ways
  CROSS JOIN LATERAL (SELECT least(rest, in_parcels) AS gone) AS parcels
  WHERE status IN ('reserved', 'shipped', 'returned')`
