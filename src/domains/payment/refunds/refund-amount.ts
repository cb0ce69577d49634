import type { Costs, Money, OrderLine } from '#events'
import { piecesOf } from '#domains/order'
import { costOfPieces } from '#domains/pricing'
import { Refusal, type Fault } from '#http'
import type { Payment } from '../payment.ts'
import type { NewRefund } from './schemas.ts'

export interface RefundedLine {
  readonly sku: string
  readonly quantity: number
  /** Minor units. */
  readonly amount: number
}

/** What is not to be paid for again. */
export interface Earlier {
  /** So many pieces of a SKU. */
  pieces(sku: string): number
  readonly shipping: boolean
}

interface Paid {
  readonly lines: readonly OrderLine[]
  readonly costs: Costs | null
  readonly total: Money
}

/** What can be refunded of a payment: what was taken and is neither back nor on its way back. Nothing once the order is closed. */
export const refundableOf = ({ status, closed, amount, refunded, refunding }: Payment): number =>
  status === 'captured' && !closed ? amount!.amount - refunded - refunding : 0

/**
 * What a refund is over. The pieces of a line cost what the line cost, split so that all of its pieces add up to that: of 100 for three,
 * one costs 33, the next 33, the last 34.
 * @throws Refusal where there is not so much to refund
 */
export function refundAmount(wanted: NewRefund, paid: Paid, earlier: Earlier, payment: Payment) {
  refuseMixed(wanted, paid.total.currency)
  const refundable = refundableOf(payment)
  if (refundable === 0)
    throw new Refusal(
      'conflict',
      'nothing-to-refund',
      'Nothing of this order can be refunded: its money was not taken, has gone back, or goes back as a whole.',
    )
  const lines: RefundedLine[] = []
  for (const [index, line] of (wanted.lines ?? []).entries())
    lines.push(priced(line, index, paid, earlier.pieces(line.sku) + piecesOf([{ lines }], line.sku)))
  const shipping = wanted.shipping ? shippingCost(paid, earlier) : 0
  const isPart = wanted.amount ?? wanted.lines ?? wanted.shipping
  const ofLines = lines.reduce((sum, { amount }) => sum + amount, 0)
  const amount = isPart ? (wanted.amount?.amount ?? ofLines + shipping) : refundable
  if (amount > refundable || amount === 0)
    throw new Refusal(
      'conflict',
      'refund-too-large',
      `It would be ${amount}; ${refundable} can be refunded, at least 1.`,
    )
  return { amount, lines }
}

function refuseMixed({ amount, lines, shipping }: NewRefund, currency: string) {
  if (amount && (lines ?? shipping))
    throw invalid('/amount', 'is given or follows from lines and shipping, not both', 'validation-failed')
  if (amount && amount.currency !== currency)
    throw invalid('/amount/currency', `must be ${currency}, which was paid`, 'validation-failed')
}

function priced(
  { sku, quantity }: NonNullable<NewRefund['lines']>[number],
  index: number,
  paid: Paid,
  before: number,
): RefundedLine {
  const place = paid.lines.findIndex((line) => line.sku === sku)
  const line = paid.lines[place]
  if (!line) throw invalid(`/lines/${index}/sku`, `'${sku}' is not in the order`, 'unknown-sku')
  if (before + quantity > line.quantity) {
    const why = `${line.quantity} were ordered and ${before} are refunded, cancelled or returned; there are not ${quantity} more`
    throw invalid(`/lines/${index}/quantity`, why, 'quantity-too-large')
  }
  return { sku, quantity, amount: costOfPieces(paid, place, before, quantity) }
}

function shippingCost({ costs }: Paid, earlier: Earlier): number {
  if (earlier.shipping) throw invalid('/shipping', 'is refunded already', 'nothing-to-refund')
  return costs?.shippingMethod?.total ?? 0
}

function invalid(pointer: string, detail: string, code: string) {
  const faults: Fault[] = [{ pointer, code, detail }]
  return new Refusal('invalid', code, `The refund cannot be made as asked; see errors.`, { faults })
}
