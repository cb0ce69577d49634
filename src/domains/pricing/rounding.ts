/** `amount × numerator / denominator`, rounded half up to a whole minor unit. No factor is negative. */
export function portion(amount: number, numerator: number, denominator: number): number {
  const [product, divisor] = [BigInt(amount) * BigInt(numerator), BigInt(denominator)]
  return Number((2n * product + divisor) / (2n * divisor))
}

/**
 * Splits an amount by weights so that the parts add up to it: each gets its whole minor units, and what is left goes one by one to
 * those with the largest remainders, the first of equals (Hare-Niemeyer). An amount up to the sum of the weights gives no part more
 * than its weight. Without any weight nothing is split, and the amount must be 0.
 */
export function distribute(amount: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + BigInt(weight), 0n)
  if (sum === 0n) return weights.map(() => 0)
  const products = weights.map((weight) => BigInt(amount) * BigInt(weight))
  const parts = products.map((product) => Number(product / sum))
  const remainders = products.map((product) => product % sum)
  const left = amount - parts.reduce((all, part) => all + part, 0)
  const largest = remainders.map((_, index) => index).toSorted((a, b) => compare(remainders[b]!, remainders[a]!))
  for (const index of largest.slice(0, left)) parts[index]! += 1
  return parts
}

const compare = (one: bigint, other: bigint) => (one < other ? -1 : Number(one > other))

const PERCENT = /^(\d{1,3})(?:\.(\d{1,4}))?$/
/** 100 % in the parts that `partsOf` counts. */
const WHOLE = 1_000_000

/** A percentage such as `8.875`, in millionths. @throws TypeError when it has more than four decimals, or is none */
export function partsOf(percent: string): number {
  const [, whole, decimals = ''] = PERCENT.exec(percent) ?? []
  if (whole === undefined) throw new TypeError(`'${percent}' is no percentage such as 20 or 8.875`)
  return Number(whole + decimals.padEnd(4, '0'))
}

/** So many percent of an amount, rounded half up. */
export const percentOf = (amount: number, percent: string) => portion(amount, partsOf(percent), WHOLE)

/** The tax that an amount includes, rounded half up: 20 of 120 at 20 %. */
export function taxWithin(amount: number, percent: string): number {
  const parts = partsOf(percent)
  return portion(amount, parts, WHOLE + parts)
}
