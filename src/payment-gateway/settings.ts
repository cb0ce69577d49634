import { z } from 'zod'
import { defineSettings, url } from '#platform/settings'

export const settings = defineSettings(
  {
    /** Who holds and takes the money: `sandbox` is the gateway at PAYMENT_GATEWAY_URL, `stripe` is Stripe. */
    PAYMENT_PROVIDER: z.enum(['sandbox', 'stripe'], 'must be sandbox or stripe').default('sandbox'),
    /** The payment gateway; npm start runs one of the sandbox where this is not set. */
    PAYMENT_GATEWAY_URL: url(['http', 'https'], 'http://127.0.0.1:4010').default('http://127.0.0.1:4010'),
    /** Of Stripe: a secret key, or a restricted one that may write PaymentIntents and refunds. */
    STRIPE_SECRET_KEY: z
      .string()
      .regex(/^(sk|rk)_(test|live)_\w+$/, "must be one of Stripe's secret or restricted keys, such as sk_test_…")
      .optional(),
    /** What Stripe signs its events with, as shown at the webhook endpoint; several separated by commas while one is exchanged. */
    STRIPE_WEBHOOK_SECRET: z
      .string()
      .regex(/^whsec_\w+(,whsec_\w+)*$/, "must be a signing secret of Stripe's webhook endpoint, such as whsec_…")
      .optional(),
    /** Where Stripe answers; another one is a stand-in, for tests. */
    STRIPE_API_URL: url(['http', 'https'], 'https://api.stripe.com').default('https://api.stripe.com'),
  },
  ({ PAYMENT_PROVIDER, STRIPE_SECRET_KEY }) =>
    PAYMENT_PROVIDER === 'stripe' && STRIPE_SECRET_KEY === undefined
      ? 'PAYMENT_PROVIDER is stripe and STRIPE_SECRET_KEY is not set. Copy the key from Developers > API keys of the dashboard of Stripe.'
      : undefined,
)
