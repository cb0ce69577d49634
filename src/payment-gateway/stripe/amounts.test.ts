import { fromStripe, toStripe } from './amounts.ts'

test.each([
  ['GBP', 2_500, 2_500],
  ['JPY', 500, 500],
  ['HUF', 4_510, 4_510],
  ['ISK', 10, 1_000],
  ['MGA', 500, 5],
  ['KWD', 5_120, 5_120],
])('%s %i of ISO 4217 are %i of Stripe', (currency, ours, theirs) => {
  expect(toStripe({ amount: ours, currency })).toEqual({ amount: theirs, currency: currency.toLowerCase() })
  expect(fromStripe(theirs, currency.toLowerCase())).toEqual({ amount: ours, currency })
})

test.each([
  ['MGA', 501],
  ['KWD', 5_124],
  ['UGX', 500],
])('%s %i cannot be asked for', (currency, amount) => expect(toStripe({ amount, currency })).toBeUndefined())
