import { z } from 'zod'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import { mergeLines, type Movement, type Quantity } from './reservation.ts'

/**
 * Pieces free to order now, by SKU; 0 for a SKU that never came in. A look, not a promise: only a reservation is one.
 */
export async function stockOf(db: Database | Transaction, skus: readonly string[]): Promise<Map<string, number>> {
  const rows = await db.stock.findMany({ where: { sku: { in: [...skus] } }, select: { sku: true, onHand: true } })
  const free = new Map(rows.map(({ sku, onHand }) => [sku, onHand]))
  return new Map(skus.map((sku) => [sku, free.get(sku) ?? 0]))
}

const Receipts = row({ receipts: z.int() })

/**
 * Puts goods on the shelf, whole or not at all. The same `receiptId` counts once, whatever its lines say the second time.
 * @returns false when the receipt was booked before
 */
export async function receiveStock(
  db: Database | Transaction,
  lines: readonly Quantity[],
  receiptId: string = uuidv7(),
): Promise<boolean> {
  const received = JSON.stringify(mergeLines(lines))
  const { receipts } = await readRow(db, Receipts)`
    WITH receipt AS (
      INSERT INTO stock_receipts (id, lines) VALUES (${receiptId}, ${received}::jsonb) ON CONFLICT (id) DO NOTHING RETURNING id
    ), shelf AS (
      INSERT INTO stock (sku, received, on_hand)
      SELECT sku, quantity, quantity FROM jsonb_to_recordset(${received}::jsonb) AS line(sku text, quantity int)
      WHERE EXISTS (SELECT FROM receipt) AND quantity > 0 ORDER BY sku
      ON CONFLICT (sku) DO UPDATE
        SET received = stock.received + excluded.received, on_hand = stock.on_hand + excluded.on_hand
    )
    SELECT count(*)::int AS receipts FROM receipt`
  return receipts > 0
}

const Shelf = row({ sku: z.string(), free: z.int() })

/** Locks these SKUs until the transaction ends, in order of SKU whoever asks, and says what is free of each. */
export async function lockStock(tx: Transaction, skus: ReadonlySet<string>): Promise<Map<string, number>> {
  if (skus.size === 0) return new Map()
  const rows = await readRows(tx, Shelf)`
    SELECT sku, on_hand AS free FROM stock WHERE sku = ANY(${[...skus]}) ORDER BY sku FOR NO KEY UPDATE`
  return new Map(rows.map(({ sku, free }) => [sku, free]))
}

/** Moves goods of SKUs that this transaction has locked. */
export async function moveStock(tx: Transaction, movements: readonly Movement[]): Promise<void> {
  if (movements.length === 0) return
  await tx.$executeRaw`
    UPDATE stock
    SET on_hand = stock.on_hand + moved.on_hand, reserved = stock.reserved + moved.reserved, shipped = stock.shipped + moved.shipped
    FROM (
      SELECT sku, sum("onHand")::int AS on_hand, sum(reserved)::int AS reserved, sum(shipped)::int AS shipped
      FROM jsonb_to_recordset(${JSON.stringify(movements)}::jsonb) AS movement(sku text, "onHand" int, reserved int, shipped int)
      GROUP BY sku
    ) AS moved
    WHERE stock.sku = moved.sku`
}
