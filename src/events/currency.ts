/** Currencies of ISO 4217 whose minor unit is not a hundredth. (`Intl` follows CLDR, which differs for some of them: HUF, IDR, IQD.) */
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

/** How many decimals a currency has by ISO 4217: JPY 0, GBP 2, KWD 3. What `Intl` writes has to be told this number. */
export const exponentOf = (currency: string): number => BY_CODE.get(currency) ?? 2
