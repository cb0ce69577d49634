/** Currencies of ISO 4217 whose minor unit is not a hundredth. (`Intl` follows CLDR, which differs for some of them.) */
const EXPONENTS: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
}

const BY_CODE: ReadonlyMap<string, number> = new Map(
  Object.entries(EXPONENTS).flatMap(([exponent, codes]) =>
    codes.split(' ').map((code) => [code, Number(exponent)] as const),
  ),
)

/** How many decimals a currency has by ISO 4217: JPY 0, GBP 2, KWD 3. */
export const exponentOf = (currency: string): number => BY_CODE.get(currency) ?? 2

const DECIMAL = /^(\d{1,9})(?:\.(\d{1,4}))?$/

/** An amount such as `4.95` in minor units. @throws TypeError when the currency has fewer decimals */
export function toMinorUnits(amount: string, currency: string): number {
  const [, whole, decimals = ''] = DECIMAL.exec(amount) ?? []
  const exponent = exponentOf(currency)
  if (whole === undefined || decimals.length > exponent)
    throw new TypeError(`'${amount}' is no amount in ${currency}, which has ${exponent} decimals`)
  return Number(whole + decimals.padEnd(exponent, '0'))
}
