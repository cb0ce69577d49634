import { trendOf, latenciesOf, median, percentile, spreadOf } from './statistics.ts'

it('takes the middle, or the mean of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([])).toBeNaN()
})

it('tells percentiles between neighbours, whatever the order', () => {
  const hundred = Array.from({ length: 101 }, (_, n) => 100 - n)
  expect(percentile(hundred, 99)).toBe(99)
  expect(percentile([10, 20], 75)).toBe(17.5)
  expect(latenciesOf(hundred)).toEqual({ p50: 50, p90: 90, p99: 99, max: 100 })
})

it('tells how far the samples lie apart', () => {
  expect(spreadOf([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 })
})

describe('a trend', () => {
  const minutes = Array.from({ length: 60 }, (_, minute) => minute)
  const samples = (value: (minute: number) => number) =>
    minutes.map((minute) => ({ at: minute * 60_000, value: value(minute) }))

  test('is the slope per hour, without doubt where there is no scatter', () => {
    const { perHour, margin } = trendOf(samples((minute) => 100 + minute / 2))
    expect(perHour).toBeCloseTo(30)
    expect(margin).toBeCloseTo(0)
  })

  test('leaves the more open the more the samples scatter', () => {
    const { perHour, margin } = trendOf(samples((minute) => 100 + minute / 2 + (minute % 7) * (minute % 5)))
    expect(margin).toBeGreaterThan(1)
    expect(Math.abs(perHour - 30)).toBeLessThan(margin)
  })

  test('is not told by a single outlier', () => {
    const { perHour } = trendOf(samples((minute) => (minute === 58 ? 900 : 100)))
    expect(perHour).toBeCloseTo(0)
  })
})
