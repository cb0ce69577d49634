import { z } from 'zod'
import type { OrderReduced, PaymentRefunded, PaymentVoided } from '#events'

const Pieces = z.object({ sku: z.string(), quantity: z.int(), amount: z.int() })
/** Pieces of one line, and what they cost in minor units. */
export type Pieces = z.infer<typeof Pieces>

/** What has become of an order beside its status. Most orders have none of it. */
export type Parts = Readonly<z.infer<typeof Parts>>
export const Parts = z.object({
  /** Minor units that have gone back, by refund; under `rest`, what went back because the order had ended. */
  refunded: z.record(z.string(), z.int()),
  /** The hold on the money was let go. */
  voided: z.boolean(),
  /** Pieces that will not be shipped, by cancellation. */
  cancelled: z.array(z.object({ id: z.string(), lines: z.array(Pieces) })).default([]),
})

export const NO_PARTS: Parts = { refunded: {}, voided: false, cancelled: [] }

export const hasParts = (parts: Parts): boolean => parts !== NO_PARTS

/** Minor units that have gone back in all. */
export const refundedOf = ({ refunded }: Parts): number =>
  Object.values(refunded).reduce((sum, amount) => sum + amount, 0)

/** Pieces of a line that were cancelled. */
export const cancelledOf = ({ cancelled }: Pick<Parts, 'cancelled'>, sku: string): number => piecesOf(cancelled, sku)

/** Minor units that the order comes to less than when it was placed. */
export const cancelledAmount = ({ cancelled }: Parts): number =>
  cancelled.flatMap(({ lines }) => lines).reduce((sum, { amount }) => sum + amount, 0)

function piecesOf(groups: readonly { readonly lines: readonly Pieces[] }[], sku: string): number {
  const pieces = groups.flatMap(({ lines }) => lines.filter((one) => one.sku === sku))
  return pieces.reduce((sum, { quantity }) => sum + quantity, 0)
}

export type MoneyBack = ReturnType<typeof PaymentRefunded> | ReturnType<typeof PaymentVoided>

/** Each refund counts once, however often it is told. */
export function moneyBack(parts: Parts, event: MoneyBack): Parts {
  if (event.type === 'payment.voided') return { ...parts, voided: true }
  const { refundId = 'rest', amount } = event.data
  return { ...parts, refunded: { ...parts.refunded, [refundId]: amount.amount } }
}

/** Each cancellation counts once, however often it is told. */
export function reduced(parts: Parts, { data }: ReturnType<typeof OrderReduced>): Parts {
  const { cancellationId: id, lines } = data
  if (parts.cancelled.some((one) => one.id === id)) return parts
  const pieces = lines.map(({ sku, quantity, amount }) => ({ sku, quantity, amount }))
  return { ...parts, cancelled: [...parts.cancelled, { id, lines: pieces }] }
}
