import { ReturnAccepted, ReturnReceived } from '#events'
import { choosePieces, leftIn, type Asked, unchanged } from './choose-pieces.ts'
import { allow, named } from './decide.ts'
import { evolve, type Order, type OrderFact } from './order.ts'
import { amountOf } from './parts.ts'

interface AskedBack extends Asked {
  /** False for what cannot be sold again. @default true */
  readonly restock?: boolean | undefined
}

export interface ReturnLines {
  readonly type: 'return-lines'
  /** The same one again changes nothing. */
  readonly id: string
  /** Without them everything that is left; an order that is returned already then stays as it is. */
  readonly lines?: readonly AskedBack[] | undefined
  readonly reason?: string | undefined
}

/**
 * Pieces of a delivered order that came back. With its last pieces the order is returned as a whole: what is left of its money goes
 * back then, what was paid for the shipping included.
 * @throws Refusal when the order was not delivered, or has not so many pieces left
 */
export function returnLines(order: Order, { id: returnId, lines: asked, reason }: ReturnLines): OrderFact[] {
  const { customer, status, total, parts, lines: ordered } = order
  const before = parts.returned.find((one) => one.id === returnId)
  if (before) return unchanged(before, asked)
  if (!asked && status === 'returned') return []
  allow(order, 'return.accepted', 'order-not-returnable', 'Only a delivered order can be returned')
  const lines = choosePieces<AskedBack>(order, asked ?? leftIn(order), 'returned').map((piece) => {
    const { sku, quantity, amount, asked: one } = piece
    const { name } = ordered.find((line) => line.sku === sku)!
    return { sku, name, quantity, amount, restocked: one.restock ?? true }
  })
  const amount = { amount: amountOf(lines), currency: total.currency }
  const told = { ...named(order), customer, returnId }
  const back = ReturnReceived({ ...told, lines, amount, ...(reason !== undefined && { reason }) })
  const isRest = leftIn(evolve(order, back)).length === 0
  return isRest ? [back, ReturnAccepted({ ...told, lines: [...ordered], total })] : [back]
}
