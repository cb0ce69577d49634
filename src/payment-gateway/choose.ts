import { StartupError } from '#platform/config'
import type { Told } from './notice.ts'
import type { PaymentGateway } from './port.ts'
import { createGateway } from './sandbox/client.ts'
import { settings } from './settings.ts'
import { readStripeEvent } from './stripe/events.ts'
import { createStripeGateway } from './stripe/gateway.ts'

let configured: PaymentGateway | undefined

/** The provider of PAYMENT_PROVIDER. @throws StartupError */
export const gateway = () => (configured ??= chosen())

/** The same, read anew. @throws StartupError */
export function chosen(): PaymentGateway {
  const { PAYMENT_PROVIDER: provider, PAYMENT_GATEWAY_URL: url, ...stripe } = settings()
  if (provider === 'sandbox') return createGateway(url)
  return createStripeGateway({ secretKey: stripe.STRIPE_SECRET_KEY!, apiUrl: stripe.STRIPE_API_URL })
}

/**
 * Holds Stripe's key against PAYMENT_GATEWAY_MODE, for the process that decides by it which orders it takes.
 * @throws StartupError
 */
export function expectProvider(mode: 'sandbox' | 'live'): void {
  const { PAYMENT_PROVIDER: provider, STRIPE_SECRET_KEY: key = '' } = settings()
  const isLive = /^.k_live_/.test(key)
  if (provider !== 'stripe' || isLive === (mode === 'live')) return
  throw new StartupError(
    isLive
      ? 'STRIPE_SECRET_KEY is a live key, which moves money, and PAYMENT_GATEWAY_MODE is sandbox. Set it to live, or take a test key.'
      : 'STRIPE_SECRET_KEY is a test key, which moves no money, and PAYMENT_GATEWAY_MODE is live. Take the live key, or set it to sandbox.',
  )
}

/** What has been sent to the endpoint for Stripe's events. @param signature its header `Stripe-Signature` */
export async function readNotice(body: Buffer, signature: string | undefined): Promise<Told> {
  const { PAYMENT_PROVIDER: provider, STRIPE_WEBHOOK_SECRET: secrets } = settings()
  if (provider !== 'stripe' || secrets === undefined) return { kind: 'unexpected' }
  if (!signature) return { kind: 'forged', why: 'There is no header Stripe-Signature.' }
  return readStripeEvent(body, signature, secrets.split(','))
}
