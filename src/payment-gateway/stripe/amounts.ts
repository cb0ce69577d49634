import type { Amount } from '../port.ts'

/**
 * Where Stripe's minor unit is not that of ISO 4217, after https://docs.stripe.com/currencies: how many of Stripe's are one of ours.
 * ISK has no decimals any more, and Stripe still takes hundredths that end with 00. MGA has two decimals by ISO, and Stripe takes
 * whole ariary. (HUF and TWD are whole for payouts only.)
 */
const RATES: Readonly<Record<string, { times: number } | { parts: number }>> = {
  ISK: { times: 100 },
  MGA: { parts: 100 },
}
/** Of three decimals; Stripe takes no amount whose last one is not 0. */
const TENS: ReadonlySet<string> = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND'])
/** Stripe's page lists it without decimals and tells to send hundredths: a mistake of a factor of 100 is worse than a refusal. */
const UNCLEAR: ReadonlySet<string> = new Set(['UGX'])

/** In Stripe's words; nothing where Stripe cannot take just this amount. */
export function toStripe({ amount, currency }: Amount): { amount: number; currency: string } | undefined {
  const rate = RATES[currency] ?? { times: 1 }
  const units = 'times' in rate ? amount * rate.times : amount / rate.parts
  if (UNCLEAR.has(currency) || !Number.isSafeInteger(units) || (TENS.has(currency) && amount % 10 !== 0))
    return undefined
  return { amount: units, currency: currency.toLowerCase() }
}

/** In ours. */
export function fromStripe(amount: number, currency: string): Amount {
  const code = currency.toUpperCase()
  const rate = RATES[code] ?? { times: 1 }
  return { amount: 'times' in rate ? amount / rate.times : amount * rate.parts, currency: code }
}
