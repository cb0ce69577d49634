import { piecesOf, type Bought } from '#domains/order'
import { costOfPieces } from '#domains/pricing'
import { RetryLater } from '#messaging'
import type { Payment } from '../payment.ts'
import { askedForPieces, type Asked, type Earlier } from './asked-for-pieces.ts'
import { refundableOf, type RefundedLine } from './refund-amount.ts'

/** What pieces that are gone give back. */
export interface Owed {
  /** That of their cancellation or return; another one where a refund under that has failed. */
  readonly id: string
  /** Minor units. */
  readonly amount: number
  readonly lines: readonly RefundedLine[]
  /** A refund of them has failed before. */
  readonly isAgain: boolean
}

/** Milliseconds until it is looked again whether the money was taken, or other refunds are settled. */
const NOT_TAKEN_MS = 1_000
const UNDER_WAY_MS = 500

/** Orders that have ended give back all that is left at once. */
const ENDED: ReadonlySet<string> = new Set(['rejected', 'cancelled', 'expired', 'returned'])

/**
 * What the cancelled and returned pieces of an order are owed that have no refund yet, as far as other refunds have left it. Pieces
 * that a refund by lines has paid for are the first to go: it was for them, for all that is known. So of a line, no more pieces
 * are paid for than are gone or were refunded, and all together give back what the line has cost.
 * @param failedId a refund that has failed: what it was for, if that was pieces that are gone, is owed again
 * @throws RetryLater while the order has neither paid nor ended, and while refunds are under way that leave too little
 */
export function owedForPieces(
  bought: Bought,
  refunds: readonly Earlier[],
  payment: Payment,
  failedId?: string,
): Owed[] {
  const { gone, status } = bought
  if (gone.length === 0 || ENDED.has(status) || payment.closed) return []
  if (payment.status === 'pending' || payment.status === 'authorized')
    throw new RetryLater(NOT_TAKEN_MS, 'the money of the order is not taken yet')
  const groups = askedForPieces(gone, refunds)
  const paid: Pick<Earlier, 'id' | 'lines'>[] = refunds.filter((refund) => refund.status !== 'failed')
  const owed: Owed[] = []
  let left = refundableOf(payment)
  for (const [index, { nextId: id, asked, waiting }] of groups.entries()) {
    // Any of them, not the latest alone: of two that fail beside each other, each would have the other one asked for again, without an end.
    const isAgain = asked.some((one) => one.id === failedId)
    const wanted = isAgain && asked.at(-1)!.id === failedId ? waiting : unpaidOf(groups, index, paid)
    const lines = priced(bought, wanted, paid)
    const amount = Math.min(sumOf(lines), left)
    // What others have set aside may come back: they are settled first, so that no part of it is forgotten.
    if (amount < sumOf(lines) && payment.refunding > 0)
      throw new RetryLater(UNDER_WAY_MS, 'other refunds are under way')
    if (amount === 0) continue
    owed.push({ id, amount, lines, isAgain })
    paid.push({ id, lines })
    left -= amount
  }
  return owed
}

type Pieces = Pick<RefundedLine, 'sku' | 'quantity'>

/** The pieces of one group that nothing has paid for: neither a refund of them, nor one by lines that was for what goes first. */
function unpaidOf(groups: readonly Asked[], index: number, paid: readonly Pick<Earlier, 'id' | 'lines'>[]): Pieces[] {
  const { lines, asked, waiting } = groups[index]!
  const later = new Set(groups.slice(index + 1).flatMap((group) => group.asked.map(({ id }) => id)))
  const upToHere = groups.slice(0, index + 1)
  const covered = [...paid.filter(({ id }) => !later.has(id)), ...upToHere.map((group) => ({ lines: group.waiting }))]
  const own = [...asked.filter(({ status }) => status !== 'failed'), { lines: waiting }]
  return [...new Set(lines.map(({ sku }) => sku))].map((sku) => {
    const unasked = piecesOf([{ lines }], sku) - piecesOf(own, sku)
    return { sku, quantity: Math.min(unasked, piecesOf(upToHere, sku) - piecesOf(covered, sku)) }
  })
}

/** What these pieces cost, after those that were paid for: never more of a line than there are, nor than it cost. */
function priced(bought: Bought, pieces: readonly Pieces[], paid: readonly Pick<Earlier, 'lines'>[]): RefundedLine[] {
  return pieces.flatMap(({ sku, quantity: wanted }) => {
    const place = bought.lines.findIndex((one) => one.sku === sku)
    const given = paid.flatMap(({ lines }) => lines.filter((one) => one.sku === sku))
    const count = piecesOf([{ lines: given }], sku)
    const all = bought.lines[place]!.quantity
    const quantity = Math.min(wanted, all - count)
    if (quantity <= 0) return []
    const left = costOfPieces(bought, place, 0, all) - sumOf(given)
    return [{ sku, quantity, amount: Math.max(0, Math.min(costOfPieces(bought, place, count, quantity), left)) }]
  })
}

const sumOf = (lines: readonly RefundedLine[]) => lines.reduce((sum, { amount }) => sum + amount, 0)
