/**
 * How many durations were how long, in a form that can be added up. The buckets are those of OpenTelemetry's exponential histogram
 * of scale 2: bucket n holds more than 2^(n/4) and up to 2^((n+1)/4) milliseconds, so a quantile is at most 9 % wrong. Only buckets
 * that hold something are written; what took less than a millisecond is in bucket -1.
 */
export type Histogram = Readonly<Record<string, number>>

const PER_DOUBLING = 4

/** The bucket of a duration, as `BUCKET` in roll-up.ts counts in SQL. */
export const bucketOf = (ms: number): number => Math.ceil(PER_DOUBLING * Math.log2(Math.max(1, ms))) - 1

export function mergeHistograms(...all: readonly Histogram[]): Histogram {
  const merged: Record<string, number> = {}
  for (const one of all) for (const bucket in one) merged[bucket] = (merged[bucket] ?? 0) + one[bucket]!
  return merged
}

export const countOf = (histogram: Histogram): number =>
  Object.values(histogram).reduce((total, count) => total + count, 0)

/** Milliseconds below which that share (0 to 1) of the durations lie; null when there are none. */
export function quantile(histogram: Histogram, share: number): number | null {
  const wanted = share * countOf(histogram)
  const buckets = Object.keys(histogram).map(Number)
  let below = 0
  for (const bucket of buckets.toSorted((a, b) => a - b)) {
    below += histogram[bucket]!
    if (below >= wanted) return middleOf(bucket)
  }
  return null
}

const middleOf = (bucket: number) => 2 ** ((bucket + 0.5) / PER_DOUBLING)
