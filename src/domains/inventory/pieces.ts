import { Prisma } from '#prisma'

/** Where the pieces of each order are, by its reservation: rows `order_id`, `place` (reserved, shipped, …), `sku` and `quantity`. */
export const PIECES = Prisma.sql`
  SELECT order_id, status AS place, sku, quantity - coalesce((apart->sku->>'cancelled')::int, 0) AS quantity
  FROM reservations, jsonb_to_recordset(lines) AS line(sku text, quantity int)`
