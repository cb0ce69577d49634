import { z } from 'zod'
import { pageLimit, text } from '#http'

const Sku = text(1, 64, 'MUG-01')
const MOST_LINES = 1_000
const MOST_PIECES = 10_000_000

const eachOnce = (lines: readonly { sku: string }[]) => new Set(lines.map(({ sku }) => sku)).size === lines.length
const ONCE = 'must name each SKU once'

const ReceiptLine = z
  .strictObject({ sku: Sku, quantity: z.int().min(1).max(MOST_PIECES) })
  .meta({ id: 'StockReceiptLine' })
const CorrectionLine = z
  .strictObject({
    sku: Sku,
    change: z
      .int()
      .min(-MOST_PIECES)
      .max(MOST_PIECES)
      .refine((change) => change !== 0, 'must not be 0')
      .describe('Pieces that were found; below 0 those that are lost'),
  })
  .meta({ id: 'StockCorrectionLine' })

const id = text(1, 64, 'delivery-4711').describe(
  'Your own, such as the number of a delivery note: the same one again is booked once. Without it the Idempotency-Key counts',
)
const reason = text(1, 500, 'Delivery 4711').describe('Goes into the event')

const receipt = {
  lines: z.array(ReceiptLine).min(1).max(MOST_LINES).refine(eachOnce, ONCE),
  reason: reason.optional(),
}
const correction = { lines: z.array(CorrectionLine).min(1).max(MOST_LINES).refine(eachOnce, ONCE), reason }

export const NewReceipt = z.strictObject({ id: id.optional(), ...receipt }).meta({ id: 'NewStockReceipt' })
export const NewCorrection = z.strictObject({ id: id.optional(), ...correction }).meta({ id: 'NewStockCorrection' })

export const ReceiptOfMany = z.strictObject({ id, ...receipt }).meta({ id: 'StockReceiptOfMany' })
export const CorrectionOfMany = z.strictObject({ id, ...correction }).meta({ id: 'StockCorrectionOfMany' })

const booked = {
  id: z.string(),
  by: z.string().nullable().describe('Who booked it: client and key'),
  at: z.iso.datetime(),
}
export const ReceiptView = z
  .strictObject({ ...booked, lines: z.array(ReceiptLine), reason: z.string().nullable() })
  .meta({ id: 'StockReceipt' })
export const CorrectionView = z
  .strictObject({ ...booked, lines: z.array(CorrectionLine), reason: z.string() })
  .meta({ id: 'StockCorrection' })

const next = z.string().nullable().describe('Cursor of the next page; null at the end')
export const ReceiptPage = z.strictObject({ receipts: z.array(ReceiptView), next }).meta({ id: 'StockReceiptPage' })
export const CorrectionPage = z
  .strictObject({ corrections: z.array(CorrectionView), next })
  .meta({ id: 'StockCorrectionPage' })

export const BookingQuery = z.strictObject({
  sku: Sku.optional().describe('Only those that name it'),
  cursor: z.string().max(400).optional().describe('`next` of the page before'),
  limit: pageLimit,
})

export const SkuPath = z.strictObject({ sku: Sku })

export const StockView = z
  .strictObject({
    sku: z.string(),
    received: z.int().describe('All that ever came in'),
    corrected: z.int().describe('What was found, less what was lost'),
    onHand: z.int().describe('What orders can have'),
    reserved: z.int().describe('Set aside for orders that are not shipped yet'),
    shipped: z.int(),
  })
  .meta({ id: 'Stock', description: 'onHand + reserved + shipped = received + corrected' })
