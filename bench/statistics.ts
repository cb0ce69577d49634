/** The middle one; between two, their mean. NaN for none. */
export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/** Linear between the two nearest. @param p 0 to 100 */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = Float64Array.from(values).sort()
  const place = (p / 100) * (sorted.length - 1)
  const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!]
  return below + (above - below) * (place - Math.floor(place))
}

export interface Spread {
  median: number
  min: number
  max: number
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

export interface Latencies {
  p50: number
  p99: number
}

export function latenciesOf(values: readonly number[]): Latencies {
  return { p50: percentile(values, 50), p99: percentile(values, 99) }
}
