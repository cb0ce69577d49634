import { z } from 'zod'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import { PIECES } from './pieces.ts'

export type StockTotals = z.infer<typeof StockTotals>
const StockTotals = row({
  received: z.number(),
  corrected: z.number(),
  onHand: z.number(),
  reserved: z.number(),
  shipped: z.number(),
})

/** Pieces of all SKUs together; onHand + reserved + shipped = received + corrected. */
export function stockTotals(db: Database | Transaction): Promise<StockTotals> {
  return readRow(db, StockTotals)`
    SELECT coalesce(sum(received), 0)::float8 AS received, coalesce(sum(corrected), 0)::float8 AS corrected,
           coalesce(sum(on_hand), 0)::float8 AS "onHand",
           coalesce(sum(reserved), 0)::float8 AS reserved, coalesce(sum(shipped), 0)::float8 AS shipped
    FROM stock`
}

const WrongStock = row({ sku: z.string(), kept: z.string(), expected: z.string() })

/** A sentence for every SKU whose stock is not what its receipts and reservations add up to; empty when all is well. */
export async function wrongStock(db: Database | Transaction): Promise<string[]> {
  const wrong = await readRows(db, WrongStock)`
    WITH expected AS (
      SELECT sku, sum(quantity) FILTER (WHERE place = 'received') AS received,
             sum(quantity) FILTER (WHERE place = 'corrected') AS corrected,
             sum(quantity) FILTER (WHERE place = 'reserved') AS reserved,
             sum(quantity) FILTER (WHERE place = 'shipped') AS shipped
      FROM (
        SELECT 'received' AS place, line.* FROM stock_receipts, jsonb_to_recordset(lines) AS line(sku text, quantity int)
        UNION ALL
        SELECT 'corrected', line.* FROM stock_corrections, jsonb_to_recordset(lines) AS line(sku text, change int)
        UNION ALL
        SELECT place, sku, quantity FROM (${PIECES}) AS pieces
        UNION ALL
        SELECT 'shipped', key, amount FROM carried_forward WHERE account = 'stock.shipped'
      ) AS booked
      GROUP BY sku
    ), compared AS (
      SELECT coalesce(stock.sku, expected.sku) AS sku,
             format('received %s, corrected %s, reserved %s, shipped %s', coalesce(stock.received, 0), coalesce(stock.corrected, 0),
                    coalesce(stock.reserved, 0), coalesce(stock.shipped, 0)) AS kept,
             format('received %s, corrected %s, reserved %s, shipped %s', coalesce(expected.received, 0), coalesce(expected.corrected, 0),
                    coalesce(expected.reserved, 0), coalesce(expected.shipped, 0)) AS expected
      FROM stock FULL JOIN expected USING (sku)
    )
    SELECT * FROM compared WHERE kept <> expected ORDER BY sku`
  return wrong.map(
    ({ sku, kept, expected }) => `${sku}: stock says ${kept}; what was booked and reserved says ${expected}`,
  )
}
