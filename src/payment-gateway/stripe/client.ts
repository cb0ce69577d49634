import type Stripe from 'stripe'

/** Milliseconds for one request; the call that it belongs to may end earlier. */
const REQUEST_MS = 10_000

/** The version that the package's types describe: another package is another version, and a type error here. */
const API_VERSION = '2026-10-28.endive'

export interface StripeAccount {
  secretKey: string
  /** https://api.stripe.com, or a stand-in for it. */
  apiUrl: string
}

/**
 * The official package, loaded when it is first needed: it takes 20 MB of memory and a third of a second. It does not try again by
 * itself: our deliveries do, with their delays and their count. (A connection that was cut it does try once more whatever
 * is set, under the same key.)
 */
export function lazyStripe({ secretKey, apiUrl }: StripeAccount): () => Promise<Stripe> {
  let loading: Promise<Stripe> | undefined
  return () => (loading ??= load(secretKey, new URL(apiUrl)))
}

async function load(secretKey: string, { protocol, hostname, port }: URL): Promise<Stripe> {
  const { default: StripeClient } = await import('stripe')
  const scheme = protocol === 'http:' ? 'http' : 'https'
  return new StripeClient(secretKey, {
    apiVersion: API_VERSION,
    maxNetworkRetries: 0,
    timeout: REQUEST_MS,
    telemetry: false,
    protocol: scheme,
    host: hostname,
    port: port || (scheme === 'http' ? 80 : 443),
  })
}
