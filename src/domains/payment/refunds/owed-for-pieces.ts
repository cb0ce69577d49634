import { piecesOf, type Bought } from '#domains/order'
import { costOfPieces } from '#domains/pricing'
import { RetryLater } from '#messaging'
import type { Payment } from '../payment.ts'
import { refundableOf, type RefundedLine } from './refund-amount.ts'
import type { Refund } from './store.ts'

/** What pieces that are gone give back, under the id of their cancellation or return. */
export interface Owed {
  readonly id: string
  /** Minor units. */
  readonly amount: number
  readonly lines: readonly RefundedLine[]
}

export type Earlier = Pick<Refund, 'id' | 'status' | 'lines'>

/** Milliseconds until it is looked again whether the money was taken. */
const NOT_TAKEN_MS = 1_000

/** Orders that have ended give back all that is left at once. */
const ENDED: ReadonlySet<string> = new Set(['rejected', 'cancelled', 'expired', 'returned'])

/**
 * What the cancelled and returned pieces of an order are owed that have no refund yet, as far as other refunds have left it. Pieces
 * that a refund by lines has paid for are the first to go: it was for them, for all that is known. So of a line, no more pieces
 * are paid for than are gone or were refunded, and all together give back what the line has cost.
 * @throws RetryLater while the order has neither paid nor ended
 */
export function owedForPieces(bought: Bought, refunds: readonly Earlier[], payment: Payment): Owed[] {
  const { gone, status } = bought
  const known = new Set(refunds.map(({ id }) => id))
  if (ENDED.has(status) || payment.closed || gone.every(({ id }) => known.has(id))) return []
  if (payment.status === 'pending' || payment.status === 'authorized')
    throw new RetryLater(NOT_TAKEN_MS, 'the money of the order is not taken yet')
  const paid = refunds.flatMap(({ status, lines }) => (status === 'failed' ? [] : lines))
  const owed: Owed[] = []
  let left = refundableOf(payment)
  for (const [index, { id }] of gone.entries()) {
    if (known.has(id)) continue
    const lines = linesOwed(bought, index, paid)
    const amount = Math.min(sumOf(lines), left)
    if (amount === 0) continue
    owed.push({ id, amount, lines })
    paid.push(...lines)
    left -= amount
  }
  return owed
}

/** What the pieces of one cancellation or return are owed, when these pieces of the order have been paid for. */
function linesOwed({ gone, ...bought }: Bought, index: number, paid: readonly RefundedLine[]): RefundedLine[] {
  const lines: RefundedLine[] = []
  const before = gone.slice(0, index)
  for (const [nth, { sku, quantity: wanted }] of gone[index]!.lines.entries()) {
    const upTo = piecesOf([...before, { lines: gone[index]!.lines.slice(0, nth + 1) }], sku)
    const given = [...paid, ...lines].filter((one) => one.sku === sku)
    const count = piecesOf([{ lines: given }], sku)
    const quantity = Math.min(wanted, upTo - count)
    if (quantity <= 0) continue
    const place = bought.lines.findIndex((one) => one.sku === sku)
    const left = costOfPieces(bought, place, 0, bought.lines[place]!.quantity) - sumOf(given)
    lines.push({ sku, quantity, amount: Math.max(0, Math.min(costOfPieces(bought, place, count, quantity), left)) })
  }
  return lines
}

const sumOf = (lines: readonly RefundedLine[]) => lines.reduce((sum, { amount }) => sum + amount, 0)
