import { newId, seconds, type PaymentIntent, type Refund } from './objects.ts'

export interface StripeEvent {
  id: string
  object: 'event'
  type: string
  created: number
  api_version: string
  livemode: false
  /** The request that it follows from; without an id it was made in the dashboard, or by Stripe. */
  request: { id: string | null; idempotency_key: string | null }
  data: { object: object }
}

/** What Stripe would tell a webhook endpoint, the oldest first. */
export function createHistory() {
  const events: StripeEvent[] = []

  function note(type: string, object: object, key?: string): StripeEvent {
    const event: StripeEvent = {
      id: newId('evt'),
      object: 'event',
      type,
      created: seconds(),
      api_version: '2026-10-28.endive',
      livemode: false,
      request: { id: key === undefined ? null : newId('req'), idempotency_key: key ?? null },
      data: { object: structuredClone(object) },
    }
    events.push(event)
    return event
  }

  return {
    events,
    note,
    dispute: ({ id, amount, currency, latest_charge: charge }: PaymentIntent) =>
      note('charge.dispute.created', {
        id: newId('du'),
        object: 'dispute',
        amount,
        currency,
        charge: charge?.id,
        payment_intent: id,
        reason: 'fraudulent',
        status: 'needs_response',
      }),
    failRefund: (refund: Refund) =>
      note('refund.failed', Object.assign(refund, { status: 'failed', failure_reason: 'expired_or_canceled_card' })),
  }
}
