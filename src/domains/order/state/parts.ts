import { z } from 'zod'
import type { PaymentRefunded, PaymentVoided } from '#events'
import type { NewEvent } from '#messaging'

/** What has become of an order beside its status. Most orders have none of it. */
export type Parts = Readonly<z.infer<typeof Parts>>
export const Parts = z.object({
  /** Minor units that have gone back, by refund; under `rest`, what went back because the order had ended. */
  refunded: z.record(z.string(), z.int()),
  /** The hold on the money was let go. */
  voided: z.boolean(),
})

export const NO_PARTS: Parts = { refunded: {}, voided: false }

export const hasParts = (parts: Parts): boolean => parts !== NO_PARTS

/** Minor units that have gone back in all. */
export const refundedOf = ({ refunded }: Parts): number =>
  Object.values(refunded).reduce((sum, amount) => sum + amount, 0)

export type MoneyBack = NewEvent & (ReturnType<typeof PaymentRefunded> | ReturnType<typeof PaymentVoided>)

/** Each refund counts once, however often it is told. */
export function moneyBack(parts: Parts, event: MoneyBack): Parts {
  if (event.type === 'payment.voided') return { ...parts, voided: true }
  const { refundId = 'rest', amount } = event.data
  return { ...parts, refunded: { ...parts.refunded, [refundId]: amount.amount } }
}
