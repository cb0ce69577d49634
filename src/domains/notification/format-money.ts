import type { Money } from '#events'

/** `£1,250.00`, from minor units; currencies have their own number of decimals. */
export function formatMoney({ amount, currency }: Money): string {
  const format = new Intl.NumberFormat('en-GB', { style: 'currency', currency })
  const { maximumFractionDigits: digits = 2 } = format.resolvedOptions()
  return format.format(amount / 10 ** digits)
}
