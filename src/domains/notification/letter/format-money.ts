import { exponentOf, type Money } from '#events'

interface Format {
  write: Intl.NumberFormat
  /** Minor units in one of the major ones. */
  minor: number
}

/** One for each locale and currency: making one takes longer than a thousand amounts. */
const formats = new Map<string, Format>()
const MOST_FORMATS = 500

/** `£1,250.00`, from minor units; currencies have their own number of decimals. @param locale BCP 47 */
export function formatMoney({ amount, currency }: Money, locale = 'en-GB'): string {
  const { write, minor } = formats.get(`${locale} ${currency}`) ?? formatOf(locale, currency)
  return write.format(amount / minor)
}

function formatOf(locale: string, currency: string): Format {
  const digits = exponentOf(currency)
  const decimals = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  const write = new Intl.NumberFormat(locale, { style: 'currency', currency, ...decimals })
  const format = { write, minor: 10 ** digits }
  if (formats.size >= MOST_FORMATS) formats.clear() // callers choose the locales
  formats.set(`${locale} ${currency}`, format)
  return format
}
