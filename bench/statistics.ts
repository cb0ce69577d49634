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
  p90: number
  p99: number
  max: number
}

export function latenciesOf(values: readonly number[]): Latencies {
  return {
    p50: percentile(values, 50),
    p90: percentile(values, 90),
    p99: percentile(values, 99),
    max: percentile(values, 100),
  }
}

export interface Trend {
  /** Units per hour. */
  perHour: number
  /** The slope is within this of `perHour`, with 95 % confidence. */
  margin: number
}

/** Student's t for 95 % confidence with so many degrees of freedom; beyond the list it hardly changes. */
const STUDENT = [12.7, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13]
const BLOCKS = 10
const HOUR_MS = 3_600_000

/**
 * The straight line through samples over time, by least squares. Neighbouring samples are much alike, so ten blocks of
 * time stand for them, each by its least: what is under way comes on top of what stays. The margin is what the scatter of
 * the blocks around the line leaves open.
 */
export function trendOf(samples: readonly { at: number; value: number }[]): Trend {
  const size = Math.max(1, Math.ceil(samples.length / BLOCKS))
  const blocks = Array.from({ length: Math.ceil(samples.length / size) }, (_, n) =>
    samples.slice(n * size, (n + 1) * size),
  )
  const points = blocks.map((block) => ({
    x: mean(block.map(({ at }) => at)) / HOUR_MS,
    y: Math.min(...block.map(({ value }) => value)),
  }))
  const [middleX, middleY] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))]
  const spread = sum(points.map(({ x }) => (x - middleX) ** 2))
  const perHour = sum(points.map(({ x, y }) => (x - middleX) * (y - middleY))) / spread
  const freedom = points.length - 2
  const scatter = sum(points.map(({ x, y }) => (y - middleY - perHour * (x - middleX)) ** 2)) / freedom
  return { perHour, margin: STUDENT[Math.min(freedom, STUDENT.length) - 1]! * Math.sqrt(scatter / spread) }
}

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0)
const mean = (values: readonly number[]) => sum(values) / values.length
