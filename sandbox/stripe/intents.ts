import { cardOf } from '../payment-gateway/cards.ts'
import { textOf, textsOf, wholeOf, type Form } from './form.ts'
import { invalid, newId, refusal, seconds, type Answer, type PaymentIntent } from './objects.ts'

/** Of Stripe: less cannot be charged in GBP, EUR and USD. */
const LEAST = 30

export function createIntent(form: Form): Answer {
  const amount = wholeOf(form, 'amount', 1)
  const currency = textOf(form, 'currency')
  if (!amount) return invalid('Invalid integer', { param: 'amount', code: 'parameter_invalid_integer' })
  if (!currency || !/^[a-z]{3}$/.test(currency)) return invalid('Invalid currency', { param: 'currency' })
  if (textOf(form, 'capture_method') !== 'manual')
    return invalid('This stand-in knows manual capture alone', { param: 'capture_method' })
  if (amount < LEAST) return invalid('Amount must be at least £0.30 gbp', { code: 'amount_too_small', param: 'amount' })
  const intent: PaymentIntent = {
    id: newId('pi'),
    object: 'payment_intent',
    status: 'requires_payment_method',
    amount,
    amount_capturable: 0,
    amount_received: 0,
    currency,
    capture_method: 'manual',
    created: seconds(),
    canceled_at: null,
    cancellation_reason: null,
    payment_method: null,
    last_payment_error: null,
    latest_charge: null,
    metadata: textsOf(form['metadata']),
  }
  return { status: 200, body: intent }
}

/** Changes the PaymentIntent, as the bank behind the payment method will have it. */
export function confirmIntent(intent: PaymentIntent, form: Form): Answer {
  if (intent.status !== 'requires_payment_method' && intent.status !== 'requires_confirmation')
    return unexpected(intent, 'confirmed')
  const token = textOf(form, 'payment_method') ?? ''
  if (token === 'pm_card_authenticationRequired')
    return decline(
      intent,
      'authentication_required',
      'Your card was declined. This transaction requires authentication.',
    )
  const card = cardOf(token)
  if (card.kind === 'unknown')
    return invalid(`No such PaymentMethod: '${token}'`, { code: 'resource_missing', param: 'payment_method' })
  if (card.kind === 'declines') return decline(intent, 'card_declined', card.message, card.code)
  const charge = {
    id: newId('ch'),
    object: 'charge',
    amount: intent.amount,
    amount_refunded: 0,
    refunded: false,
  } as const
  Object.assign(intent, {
    status: 'requires_capture',
    amount_capturable: intent.amount,
    payment_method: token,
    latest_charge: charge,
    last_payment_error: null,
  } satisfies Partial<PaymentIntent>)
  return { status: 200, body: intent }
}

export function captureIntent(intent: PaymentIntent, form: Form): Answer {
  if (intent.status !== 'requires_capture') return unexpected(intent, 'captured')
  const amount = wholeOf(form, 'amount_to_capture', 1) ?? intent.amount
  if (amount > intent.amount)
    return invalid('The amount is greater than the capturable amount', { code: 'amount_too_large' })
  const card = cardOf(intent.payment_method ?? '')
  if (card.kind === 'approves' && card.capture === 'fails')
    return decline(intent, 'card_declined', 'Your card was declined.', 'capture_failed', 'requires_capture')
  intent.latest_charge!.amount = amount
  Object.assign(intent, { status: 'succeeded', amount_capturable: 0, amount_received: amount })
  return { status: 200, body: intent }
}

export function cancelIntent(intent: PaymentIntent, reason: string | null): Answer {
  if (intent.status === 'succeeded' || intent.status === 'canceled') return unexpected(intent, 'canceled')
  Object.assign(intent, {
    status: 'canceled',
    amount_capturable: 0,
    canceled_at: seconds(),
    cancellation_reason: reason,
  } satisfies Partial<PaymentIntent>)
  return { status: 200, body: intent }
}

const unexpected = (intent: PaymentIntent, what: string): Answer =>
  invalid(`This PaymentIntent could not be ${what} because it has a status of ${intent.status}.`, {
    code: 'payment_intent_unexpected_state',
    payment_intent: structuredClone(intent),
  })

function decline(
  intent: PaymentIntent,
  code: string,
  message: string,
  declineCode?: string,
  status: PaymentIntent['status'] = 'requires_payment_method',
): Answer {
  const error = { type: 'card_error', code, message, ...(declineCode && { decline_code: declineCode }) } as const
  Object.assign(intent, { status, last_payment_error: error })
  return refusal(402, { ...error, payment_intent: structuredClone(intent) })
}
