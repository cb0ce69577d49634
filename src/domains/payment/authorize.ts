import { PaymentAuthorized, PaymentDeclined, type Money } from '#events'
import { type NewEvent, Unrecoverable } from '#messaging'
import type { GatewayAnswer } from './gateway/answer.ts'
import type { Payment } from './payment.ts'
import type { Change } from './store.ts'

/**
 * Books what the gateway said. An order that was closed meanwhile is authorized all the same: the money is held, and
 * publishing that is what makes it go back.
 */
export function recordAuthorization(
  { status, authorizationId }: Payment,
  { orderId, total }: { orderId: string; total: Money },
  answer: GatewayAnswer,
): Change<NewEvent> {
  if (status !== 'pending') {
    const second = answer.ok && answer.authorizationId !== authorizationId
    if (second)
      throw new Unrecoverable(
        `The order's money is ${status} already; the gateway holds it again: '${answer.authorizationId}'`,
      )
    return { facts: [] }
  }
  if (!answer.ok) {
    const { code, detail } = answer
    return { facts: [{ kind: 'declined' }], publish: PaymentDeclined({ orderId, code, detail }) }
  }
  const authorized = { authorizationId: answer.authorizationId, amount: total }
  return { facts: [{ kind: 'authorized', ...authorized }], publish: PaymentAuthorized({ orderId, ...authorized }) }
}
