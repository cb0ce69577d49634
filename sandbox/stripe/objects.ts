import { randomBytes } from 'node:crypto'

export interface PaymentIntent {
  id: string
  object: 'payment_intent'
  status: 'requires_payment_method' | 'requires_confirmation' | 'requires_capture' | 'succeeded' | 'canceled'
  amount: number
  amount_capturable: number
  amount_received: number
  currency: string
  capture_method: 'manual'
  /** Seconds since 1970. */
  created: number
  canceled_at: number | null
  cancellation_reason: string | null
  payment_method: string | null
  last_payment_error: StripeError | null
  latest_charge: Charge | null
  metadata: Record<string, string>
}

/** What of it this stand-in needs to know. */
export interface Charge {
  id: string
  object: 'charge'
  amount: number
  amount_refunded: number
  refunded: boolean
}

export interface Refund {
  id: string
  object: 'refund'
  amount: number
  currency: string
  charge: string
  payment_intent: string
  created: number
  status: 'succeeded' | 'failed'
  failure_reason?: string
  metadata: Record<string, string>
}

/** The member `error` of an answer: https://docs.stripe.com/api/errors */
export interface StripeError {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'
  code?: string
  decline_code?: string
  message: string
  param?: string
  payment_intent?: PaymentIntent
}

export interface Answer {
  status: number
  body: object
}

export const refusal = (status: number, error: StripeError): Answer => ({ status, body: { error } })

export const invalid = (message: string, more: Partial<StripeError> = {}): Answer =>
  refusal(400, { type: 'invalid_request_error', message, ...more })

export const missing = (what: string, param: string): Answer =>
  refusal(404, { type: 'invalid_request_error', code: 'resource_missing', message: `No such ${what}`, param })

export const newId = (prefix: string) => `${prefix}_${randomBytes(12).toString('hex')}`

export const seconds = () => Math.floor(Date.now() / 1_000)
