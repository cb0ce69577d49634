import { StartupError } from '#platform/config'
import { checkSettings } from '#platform/settings'
import { chosen, expectProvider } from './choose.ts'

const before = { ...process.env }
const set = (env: Record<string, string>) => Object.assign(process.env, env)
afterEach(() => (process.env = { ...before }))

test('the sandbox is the default, and Stripe another one, which is not loaded before it is asked', () => {
  set({ PAYMENT_PROVIDER: '', PAYMENT_GATEWAY_URL: 'http://127.0.0.1:4444' })
  expect(chosen().name).toBe('the gateway at http://127.0.0.1:4444')
  set({ PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: 'sk_test_1' })
  expect(chosen().name).toBe('Stripe')
  expect(Object.keys(require.cache).filter((file) => /node_modules.stripe/.test(file))).toEqual([])
})

test.each([
  [{ PAYMENT_PROVIDER: 'paypal' }, 'PAYMENT_PROVIDER must be sandbox or stripe'],
  [{ PAYMENT_PROVIDER: 'stripe' }, 'PAYMENT_PROVIDER is stripe and STRIPE_SECRET_KEY is not set. Copy the key from'],
  [{ PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: 'pk_test_1' }, 'STRIPE_SECRET_KEY must be one of'],
  [{ STRIPE_WEBHOOK_SECRET: 'secret' }, 'STRIPE_WEBHOOK_SECRET must be a signing secret'],
])('%j is told in a sentence before the start', (env, sentence) => {
  set({ STRIPE_SECRET_KEY: '', ...env })
  for (const check of [checkSettings, chosen]) {
    expect(check).toThrow(StartupError)
    expect(check).toThrow(sentence)
  }
})

test('a key of Stripe moves money or does not, as PAYMENT_GATEWAY_MODE says', () => {
  set({ PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: 'rk_live_1' })
  expect(() => expectProvider('live')).not.toThrow()
  expect(() => expectProvider('sandbox')).toThrow(/is a live key, .* Set it to live, or take a test key/)
  set({ STRIPE_SECRET_KEY: 'sk_test_1' })
  expect(() => expectProvider('live')).toThrow(/is a test key, .* Take the live key/)
  set({ PAYMENT_PROVIDER: 'sandbox' })
  expect(() => expectProvider('live')).not.toThrow()
})
