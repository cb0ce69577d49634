import { OrderCancelled, OrderReduced } from '#events'
import { costOfPieces } from '#domains/pricing'
import { Refusal, type Fault } from '#http'
import { mayBecome } from './order-states.ts'
import { evolve, type Order, type OrderFact } from './order.ts'
import { cancelledOf, type Pieces } from './parts.ts'

export interface CancelLines {
  readonly type: 'cancel-lines'
  /** The same one again changes nothing. */
  readonly id: string
  readonly lines: readonly { readonly sku: string; readonly quantity?: number | undefined }[]
  readonly reason: string
}

/**
 * Pieces of an order that will not be shipped. An order of which nothing is left is cancelled as a whole.
 * @throws Refusal when the order is on its way or has ended, or has not so many pieces left
 */
export function cancelLines(order: Order, { id, lines: asked, reason }: CancelLines): OrderFact[] {
  const { id: orderId, customer, status, total, parts } = order
  if (parts.cancelled.some((one) => one.id === id)) return []
  if (!mayBecome(status, 'order.cancelled'))
    throw new Refusal(
      'conflict',
      'order-not-cancellable',
      `Only what was not shipped can be cancelled; it is ${status}.`,
    )
  const lines: Pieces[] = []
  for (const [index, one] of asked.entries()) lines.push(piecesFor(one, index, order, lines))
  const amount = { amount: lines.reduce((sum, piece) => sum + piece.amount, 0), currency: total.currency }
  const cancelled = OrderReduced({ orderId, customer, cancellationId: id, lines, amount, reason })
  const isRest = left(evolve(order, cancelled)) === 0
  return isRest ? [cancelled, OrderCancelled({ orderId, customer, reason })] : [cancelled]
}

/** Pieces that are still wanted. */
const left = ({ lines, parts }: Order): number =>
  lines.reduce((sum, { sku, quantity }) => sum + quantity - cancelledOf(parts, sku), 0)

function piecesFor(
  { sku, quantity: wanted }: CancelLines['lines'][number],
  index: number,
  order: Order,
  chosen: readonly Pieces[],
): Pieces {
  const place = order.lines.findIndex((line) => line.sku === sku)
  const line = order.lines[place]
  if (!line) throw invalid(`/lines/${index}/sku`, 'unknown-sku', `'${sku}' is not in the order`)
  const before = cancelledOf({ cancelled: [...order.parts.cancelled, { id: '', lines: [...chosen] }] }, sku)
  const quantity = wanted ?? line.quantity - before
  if (quantity < 1 || before + quantity > line.quantity) {
    const why = `${line.quantity} were ordered and ${before} are cancelled; there are not ${wanted ?? 1} more`
    throw invalid(`/lines/${index}/quantity`, 'quantity-too-large', why)
  }
  return { sku, quantity, amount: costOfPieces(order, place, before, quantity) }
}

function invalid(pointer: string, code: string, detail: string) {
  const faults: Fault[] = [{ pointer, code, detail }]
  return new Refusal('invalid', code, 'These pieces cannot be cancelled; see errors.', { faults })
}
