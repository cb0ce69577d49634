import { exponentOf } from '#events'

const DECIMAL = /^(\d{1,9})(?:\.(\d{1,4}))?$/

/** An amount such as `4.95` in minor units. @throws TypeError when the currency has fewer decimals */
export function toMinorUnits(amount: string, currency: string): number {
  const [, whole, decimals = ''] = DECIMAL.exec(amount) ?? []
  const exponent = exponentOf(currency)
  if (whole === undefined || decimals.length > exponent)
    throw new TypeError(`'${amount}' is no amount in ${currency}, which has ${exponent} decimals`)
  return Number(whole + decimals.padEnd(exponent, '0'))
}
