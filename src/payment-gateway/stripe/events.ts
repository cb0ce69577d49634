import type Stripe from 'stripe'
import type { Notice, Told } from '../notice.ts'
import { fromStripe } from './amounts.ts'

/** Seconds that an event may have been under way: a recorded one cannot be sent again later. */
const TOLERANCE_S = 300

/**
 * An event of Stripe, if one of the secrets has signed it. The package compares in constant time.
 * @param signature the header `Stripe-Signature`
 */
export async function readStripeEvent(body: Buffer, signature: string, secrets: readonly string[]): Promise<Told> {
  const { default: StripeClient } = await import('stripe')
  let why = ''
  for (const secret of secrets)
    try {
      return told(StripeClient.webhooks.constructEvent(body, signature, secret, TOLERANCE_S))
    } catch (error) {
      if ((error as { type?: string }).type !== 'StripeSignatureVerificationError') throw error
      why = (error as Error).message.split('\n')[0]!
    }
  return { kind: 'forged', why }
}

function told(event: Stripe.Event): Told {
  const about = noticeOf(event)
  return about ? { kind: 'notice', notice: { id: event.id, ...about } } : { kind: 'ignored', type: event.type }
}

function noticeOf(event: Stripe.Event): Omit<Notice, 'id'> | undefined {
  switch (event.type) {
    case 'payment_intent.canceled': {
      const { id, amount, currency, cancellation_reason: reason } = event.data.object
      const isOurs = reason === 'abandoned'
      const detail = `canceled at Stripe (${reason ?? 'no reason'})`
      return {
        kind: 'hold-canceled',
        about: id,
        authorizationId: id,
        amount: fromStripe(amount, currency),
        detail,
        isOurs,
      }
    }
    case 'refund.created':
      return refundOf('refunded', event.data.object)
    case 'refund.failed':
      return refundOf('refund-failed', event.data.object)
    case 'charge.dispute.created':
      return disputeOf('dispute-opened', event.data.object)
    case 'charge.dispute.closed':
      return disputeOf('dispute-closed', event.data.object)
    default:
      return undefined
  }
}

function refundOf(kind: 'refunded' | 'refund-failed', refund: Stripe.Refund): Omit<Notice, 'id'> | undefined {
  const authorizationId = idOf(refund.payment_intent)
  const isNone = kind === 'refunded' && (refund.status === 'failed' || refund.status === 'canceled')
  if (authorizationId === undefined || isNone) return undefined
  const askedUnder = refund.metadata?.['effect']
  return {
    kind,
    about: refund.id,
    authorizationId,
    amount: fromStripe(refund.amount, refund.currency),
    detail: [refund.id, refund.failure_reason ?? refund.reason].filter(Boolean).join(': '),
    // A failed one is news, whoever has asked for it.
    isOurs: kind === 'refunded' && askedUnder !== undefined,
    askedUnder,
  }
}

function disputeOf(
  kind: 'dispute-opened' | 'dispute-closed',
  { id, amount, currency, payment_intent: intent, reason, status }: Stripe.Dispute,
): Omit<Notice, 'id'> | undefined {
  const authorizationId = idOf(intent)
  if (authorizationId === undefined) return undefined
  const detail = `${id}: ${reason}, ${status}`
  return { kind, about: id, authorizationId, amount: fromStripe(amount, currency), detail, isOurs: false }
}

const idOf = (intent: string | Stripe.PaymentIntent | null | undefined) =>
  typeof intent === 'string' ? intent : intent?.id
