import type Stripe from 'stripe'
import { RetryLater } from '#messaging'
import { judge, unanswered, withoutToken, type GatewayError } from '../answer.ts'
import type { GatewayAnswer, GatewayState } from '../port.ts'

/** What the package throws. Its classes are not imported: that would load it. */
interface StripeFailure extends Error {
  type?: string
  rawType?: string
  code?: string
  decline_code?: string
  param?: string
  statusCode?: number
  headers?: Record<string, string>
  payment_intent?: Stripe.PaymentIntent
  detail?: { code?: string; message?: string }
}

/** Stripe calls these invalid requests, and they are decisions about this amount, hold or refund: https://docs.stripe.com/error-codes */
const DECISIONS: ReadonlySet<string | undefined> = new Set([
  'amount_too_large',
  'amount_too_small',
  'balance_insufficient',
  'charge_already_refunded',
  'charge_disputed',
  'charge_expired_for_capture',
  'refund_disputed_payment',
])
/** Another request has the PaymentIntent locked: milliseconds until it is tried again, and for how long. */
const LOCKED_MS = 500
const LOCKED_FOR_MS = 300_000

/** What a PaymentIntent is in our words; nothing while it holds nothing. */
export const stateOf = ({ status }: Pick<Stripe.PaymentIntent, 'status'>): GatewayState | undefined =>
  (
    ({ requires_capture: 'authorized', succeeded: 'captured', canceled: 'voided' }) as Partial<
      Record<string, GatewayState>
    >
  )[status]

interface Asked {
  token?: string
  signal: AbortSignal
}

/** What a failure of the package decides: the table of `judge`, with Stripe's words told in its terms. @throws all that is no decision */
export function judgeStripe(thrown: unknown, { token, signal }: Asked): GatewayAnswer {
  const failure = thrown as StripeFailure
  const { type, statusCode, code, param, message, headers = {} } = failure
  if (signal.aborted || failure.detail?.code === 'ETIMEDOUT') throw unanswered(thrown, true)
  if (type === undefined) throw thrown
  // Not reached, or something else than Stripe has answered: a proxy, say.
  if (statusCode === undefined) throw unanswered(failure.detail ?? failure, false)
  if (code === 'lock_timeout')
    throw new RetryLater(LOCKED_MS, `Stripe is at work on this: ${message}`, { forMs: LOCKED_FOR_MS })
  const error = withoutToken(wordsOf(failure), token)!
  const isTooMuch = statusCode === 400 && code === undefined && param === 'amount'
  if (isTooMuch || (statusCode === 400 && DECISIONS.has(code)))
    return { ok: false, code: code ?? 'amount_too_large', detail: error.message! }
  return judge(statusCode, error, headers['retry-after'])
}

function wordsOf({ rawType, code, decline_code, param, message, payment_intent: intent }: StripeFailure): GatewayError {
  const state = code === 'payment_intent_unexpected_state' && intent ? stateOf(intent) : undefined
  return {
    message,
    ...(rawType && { type: rawType }),
    // The payment method is unknown, used up, or of a kind that cannot be held.
    ...(param === 'payment_method' ? { code: 'invalid_token' } : code && { code }),
    ...(decline_code && { decline_code }),
    ...(state && { state }),
  }
}

/**
 * Whether Stripe has answered from memory: for a day it says again what it has said under a key, a 500 or a refusal as well, whatever has
 * become of its reason since.
 */
export const isReplay = (thrown: unknown): boolean =>
  (thrown as StripeFailure).headers?.['idempotent-replayed'] === 'true' && (thrown as StripeFailure).statusCode !== 402

/** The hold was let go of, and not by us: our own cancellations have the reason `abandoned`. */
export function isLapsed(thrown: unknown): boolean {
  const { payment_intent: intent } = thrown as StripeFailure
  return intent?.status === 'canceled' && intent.cancellation_reason !== 'abandoned'
}
