import type { Money } from '#events'

interface Format {
  write: Intl.NumberFormat
  /** Minor units in one of the major ones. */
  minor: number
}

/** One for each currency: making one takes longer than a thousand amounts. */
const formats = new Map<string, Format>()

/** `£1,250.00`, from minor units; currencies have their own number of decimals. */
export function formatMoney({ amount, currency }: Money): string {
  const { write, minor } = formats.get(currency) ?? formatOf(currency)
  return write.format(amount / minor)
}

function formatOf(currency: string): Format {
  const write = new Intl.NumberFormat('en-GB', { style: 'currency', currency })
  const { maximumFractionDigits: digits = 2 } = write.resolvedOptions()
  const format = { write, minor: 10 ** digits }
  formats.set(currency, format)
  return format
}
