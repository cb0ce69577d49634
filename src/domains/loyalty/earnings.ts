import { exponentOf, PointsAwarded, PointsRevoked, type OrderConfirmed, type PaymentRefunded } from '#events'
import type { RecordedOf } from '#messaging'
import { subjectOf } from '#platform/sealing'

/** The facts that points depend on. */
export type PointsFact = RecordedOf<typeof OrderConfirmed | typeof PaymentRefunded>

/** What one order has earned so far. A refund may arrive before the confirmation that says whose order it is. */
export interface Earnings {
  orderId: string
  /** Whose it is, by what stands for the customer. */
  person: string | null
  currency: string | null
  /** Minor units, like refunded. */
  paid: number
  refunded: number
  points: number
}

/** What an order has earned after a fact: one point for each whole currency unit that was paid and not refunded. */
export function evolve(earned: Earnings, fact: PointsFact): Earnings {
  const next = fact.type === 'payment.refunded' ? refund(earned, fact.data) : confirm(earned, fact)
  return { ...next, points: pointsFor(next) }
}

/** The change of points as a fact, if there is one and it is known whose points they are. */
export function changeOf({ points: before }: Earnings, { orderId, person, points }: Earnings) {
  const change = points - before
  if (!person || change === 0) return null
  return change > 0 ? PointsAwarded({ orderId, points: change }) : PointsRevoked({ orderId, points: -change })
}

export type PointsChange = NonNullable<ReturnType<typeof changeOf>>

const refund = (earned: Earnings, { amount }: { amount: { amount: number } }): Earnings => ({
  ...earned,
  refunded: earned.refunded + amount.amount,
})

const confirm = (earned: Earnings, { data, personal }: RecordedOf<typeof OrderConfirmed>): Earnings => ({
  ...earned,
  person: personal?.person ?? subjectOf(data.customer.email),
  currency: data.total.currency,
  paid: data.total.amount,
})

function pointsFor({ currency, paid, refunded }: Earnings): number {
  if (!currency) return 0
  return Math.floor(Math.max(0, paid - refunded) / 10 ** exponentOf(currency))
}
