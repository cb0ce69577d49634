import { PaymentCaptured, PaymentRefunded, PaymentVoided } from '#events'
import { type NewEvent, RetryLater } from '#messaging'
import { refused, type GatewayAnswer, type PaymentGateway } from '#payment-gateway'
import { evolve, returnOwed, type Fact, type Payment, type Return } from './payment.ts'
import type { Change } from './store.ts'

/** What was asked of the gateway on the customer's behalf, and its answer. */
export interface Returned {
  action: Return
  answer: GatewayAnswer
  /** Minor units of a refund. */
  amount: number
}

/**
 * Gives back what a closed order's payment holds or has taken. When a capture has overtaken the void, the void is refused
 * and the money refunded at once: whichever of the two the gateway saw first, nothing is left afterwards.
 * The keys name the hold that is voided or refunded: several events may ask for the same return, and it is made once; the
 * returns of two holds stay two, also when both were placed for one order. The key of a refund names what had gone
 * back before, for what is left then is another request; the gateway refuses one that it has become too much for.
 * @throws RetryLater while refunds of the order are under way: what is left is not known before they are settled
 */
export async function giveBack(
  gateway: PaymentGateway,
  payment: Payment,
  signal: AbortSignal,
): Promise<Returned | undefined> {
  const owed = returnOwed(payment)
  if (!owed) return undefined
  const ask = async (action: Return): Promise<Returned> => {
    const id = payment.authorizationId!
    const amount = payment.amount!.amount - payment.refunded
    const answer =
      action === 'void'
        ? await gateway.void(id, { idempotencyKey: `void:${id}`, signal })
        : await gateway.refund(
            id,
            { idempotencyKey: `refund:${id}:${payment.refunded}`, signal },
            { ...payment.amount!, amount },
          )
    return { action, answer, amount }
  }
  if (payment.refunding > 0) throw refundsFirst()
  const returned = await ask(owed)
  const overtaken = !returned.answer.ok && returned.answer.state !== undefined && RETURN_OF[returned.answer.state]
  return overtaken && overtaken !== owed ? ask(overtaken) : returned
}

const refundsFirst = () => new RetryLater(REFUNDS_MS, 'refunds of the order are under way, and are settled first')
const REFUNDS_MS = 500

/** The other return, for money that the gateway knows more about than we do. */
const RETURN_OF: Partial<Record<string, Return>> = { captured: 'refund', refunded: 'refund' }

/**
 * Books the return, and that the order is closed, so that money which is authorized later goes back as well.
 * @throws RetryLater when something is owed by now that was not when the gateway would have been asked
 */
export function recordReturn(
  payment: Payment,
  closes: boolean,
  orderId: string,
  returned?: Returned,
): Change<NewEvent[]> {
  const closed: Fact[] = closes && !payment.closed ? [{ kind: 'closed' }] : []
  const owed = returnOwed(closed.reduce(evolve, payment))
  if (!owed) return { facts: closed }
  if (!returned || (owed === 'refund' && returned.action === 'void'))
    throw new RetryLater(1, `the payment has become ${payment.status} meanwhile`)
  if (payment.refunding > 0) throw refundsFirst()
  const left = payment.amount!.amount - payment.refunded
  if (returned.amount !== left) throw new RetryLater(1, 'a refund was settled meanwhile')
  if (!returned.answer.ok) throw refused(`The payment gateway does not ${owed} the payment`, returned.answer)
  const amount = payment.amount!
  if (returned.action === 'void')
    return { facts: [...closed, { kind: 'voided' }], publish: [PaymentVoided({ orderId, amount })] }
  const refunded = {
    facts: [...closed, { kind: 'refunded' as const, amount: left }],
    publish: [PaymentRefunded({ orderId, amount: { ...amount, amount: left } })],
  }
  return payment.status === 'captured' ? refunded : afterCapture(refunded, PaymentCaptured({ orderId, amount }))
}

/** The capture that has overtaken the void is told here; the reaction that made it finds its work done. */
function afterCapture({ facts, publish = [] }: Change<NewEvent[]>, captured: NewEvent): Change<NewEvent[]> {
  return { facts: [{ kind: 'captured' }, ...facts], publish: [captured, ...publish] }
}

/** The payment as it will be once an event that closes the order is booked. */
export const closing = (payment: Payment, closes: boolean): Payment => (closes ? { ...payment, closed: true } : payment)
