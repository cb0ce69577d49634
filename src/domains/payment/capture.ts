import { PaymentCaptured, PaymentFailed } from '#events'
import { type NewEvent, RetryLater } from '#messaging'
import type { GatewayAnswer } from '#payment-gateway'
import type { Payment } from './payment.ts'
import type { Change } from './store.ts'

/**
 * A closed order's money is not asked for. (If an earlier attempt has taken it unheard, closing the order has found that
 * out: the gateway refused to void it, and it was refunded.)
 */
export const isCapturable = ({ status, closed }: Payment) => status === 'authorized' && !closed

/**
 * Books what the gateway said, or that it was not asked. Money that was taken is booked and published even when the order
 * is closed by now: closing cannot have let go of it, so it is about to be refunded.
 * @throws RetryLater when the money can be taken now but could not when the gateway would have been asked
 */
export function recordCapture(payment: Payment, orderId: string, answer: GatewayAnswer | undefined): Change<NewEvent> {
  const nothing = { facts: [] }
  if (payment.status === 'pending' && !payment.closed)
    throw new Error('The order was confirmed before its money was authorized')
  if (payment.status !== 'authorized') return nothing
  if (answer?.ok)
    return { facts: [{ kind: 'captured' }], publish: PaymentCaptured({ orderId, amount: payment.amount! }) }
  if (payment.closed) return nothing
  if (!answer) throw new RetryLater(1, 'the money has just been authorized')
  // Another reaction is about to book that, and then there is nothing to do. If it was the bank, trying ends somewhere.
  if (answer.state) throw new Error(`The money is ${answer.state}, but nothing here says yet that the order is closed`)
  const { code, detail } = answer
  return { facts: [{ kind: 'failed' }], publish: PaymentFailed({ orderId, code, detail }) }
}
