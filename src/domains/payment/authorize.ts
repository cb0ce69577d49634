import { PaymentAuthorized, PaymentDeclined, type Money } from '#events'
import { type CallContext, type NewEvent, Unrecoverable } from '#messaging'
import type { GatewayAnswer, PaymentGateway } from '#payment-gateway'
import type { Payment } from './payment.ts'
import type { Change } from './store.ts'
import { keepPrepared, tokenOf } from './tokens.ts'

interface Placed {
  stream: string
  data: { orderId: string; total: Money }
}

/**
 * Asks the gateway to hold the money of an order; nobody is asked once its answer is booked. It is asked also when the order
 * is closed by now: an earlier attempt may have reached the gateway and died before it could say so. Only the same question
 * again, with the same data under the same key, brings the authorization to light, and then it is let go. A provider that forgets
 * keys prepares a record of the hold first. It is kept before the hold is made, so that the question is about the same one after days, too.
 */
export async function authorize(
  gateway: PaymentGateway,
  { stream, data: { orderId, total } }: Placed,
  { db, ...call }: CallContext,
): Promise<GatewayAnswer | undefined> {
  const method = await tokenOf(db, { orderId, stream })
  if (!method) return undefined
  const wanted = { amount: total, token: method.token, reference: orderId }
  if (method.prepared !== undefined || !gateway.prepare)
    return gateway.authorize({ ...wanted, prepared: method.prepared }, call)
  const record = await gateway.prepare(wanted, call)
  if (!record.ok) return record
  return gateway.authorize({ ...wanted, prepared: await keepPrepared(db, orderId, record.authorizationId) }, call)
}

/**
 * Books what the gateway said. An order that was closed meanwhile is authorized all the same: the money is held, and
 * publishing that is what makes it go back.
 */
export function recordAuthorization(
  payment: Payment,
  { orderId, total }: { orderId: string; total: Money },
  answer: GatewayAnswer | undefined,
): Change<NewEvent> {
  if (payment.status !== 'pending') return nothingMore(payment, total, answer)
  if (!answer) throw new Error('The gateway was not asked, though its answer is not booked')
  if (!answer.ok) {
    const { code, detail } = answer
    return { facts: [{ kind: 'declined' }], publish: PaymentDeclined({ orderId, code, detail }) }
  }
  const authorized = { authorizationId: answer.authorizationId, amount: total }
  return { facts: [{ kind: 'authorized', ...authorized }], publish: PaymentAuthorized({ orderId, ...authorized }) }
}

/** What is booked stays. @throws Unrecoverable when this event, edited say, asks for something else than was booked */
function nothingMore(
  { status, authorizationId, amount }: Payment,
  total: Money,
  answer?: GatewayAnswer,
): { facts: [] } {
  if (answer?.ok && answer.authorizationId !== authorizationId)
    throw new Unrecoverable(
      `The order's money is ${status} already; the gateway holds it again: '${answer.authorizationId}'`,
    )
  if (amount && (amount.amount !== total.amount || amount.currency !== total.currency))
    throw new Unrecoverable(`The order's money is ${status} already, and not over what this event says`)
  return { facts: [] }
}
