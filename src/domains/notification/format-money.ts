import type { Money } from '#events'

/** One for each currency: making one takes longer than a thousand amounts. */
const formats = new Map<string, Intl.NumberFormat>()

/** `£1,250.00`, from minor units; currencies have their own number of decimals. */
export function formatMoney({ amount, currency }: Money): string {
  const format = formats.get(currency) ?? new Intl.NumberFormat('en-GB', { style: 'currency', currency })
  formats.set(currency, format)
  const { maximumFractionDigits: digits = 2 } = format.resolvedOptions()
  return format.format(amount / 10 ** digits)
}
