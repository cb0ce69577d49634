/**
 * What the bank behind a payment token does. The tokens are Stripe's test payment methods, plus a few of our own for
 * the ways in which a gateway itself can misbehave.
 */
export type Card =
  | { kind: 'approves'; capture: 'works' | 'fails' }
  | { kind: 'declines'; code: string; message: string }
  /** Approves, but the first answer per idempotency key comes a minute late: the caller does not know that it holds money. */
  | { kind: 'hangs' }
  /** Approves, but works on the first request of an idempotency key for a while: until then the key is in use. */
  | { kind: 'slow' }
  /** Answers 500 twice per idempotency key, then approves. */
  | { kind: 'flaky' }
  | { kind: 'unknown' }

const SPECIAL = new Map<string, Card>(
  Object.entries({
    pm_sandbox_timeout: { kind: 'hangs' },
    pm_sandbox_slow: { kind: 'slow' },
    pm_sandbox_flaky: { kind: 'flaky' },
    pm_sandbox_captureFail: { kind: 'approves', capture: 'fails' },
    pm_card_chargeCustomerFail: { kind: 'approves', capture: 'fails' },
    pm_card_radarBlock: { kind: 'declines', code: 'fraudulent', message: 'The payment was blocked as fraudulent.' },
  } satisfies Record<string, Card>),
)

const DECLINES = new Map<string | undefined, [code: string, message: string]>(
  Object.entries({
    '': ['generic_decline', 'Your card was declined.'],
    InsufficientFunds: ['insufficient_funds', 'Your card has insufficient funds.'],
    LostCard: ['lost_card', 'Your card was declined.'],
    StolenCard: ['stolen_card', 'Your card was declined.'],
    ExpiredCard: ['expired_card', 'Your card has expired.'],
    IncorrectCvc: ['incorrect_cvc', "Your card's security code is incorrect."],
    ProcessingError: ['processing_error', 'An error occurred while processing your card.'],
    Fraudulent: ['fraudulent', 'Your card was declined.'],
    FraudulentCard: ['fraudulent', 'Your card was declined.'],
    VelocityLimitExceeded: ['card_velocity_exceeded', 'Your card was declined for making too many attempts.'],
  }),
)

const DECLINING = /^pm_card_(?:visa_)?chargeDeclined(\w*)$/
const BRANDS =
  /^pm_card_(visa|visa_debit|mastercard|mastercard_debit|mastercard_prepaid|amex|discover|diners|jcb|unionpay|[a-z]{2})$/

export function cardOf(token: string): Card {
  const special = SPECIAL.get(token)
  if (special) return special
  const decline = DECLINES.get(DECLINING.exec(token)?.[1])
  if (decline) return { kind: 'declines', code: decline[0], message: decline[1] }
  return BRANDS.test(token) ? { kind: 'approves', capture: 'works' } : { kind: 'unknown' }
}
