import { latenciesOf, median, percentile } from './statistics.ts'

it('takes the middle, or the mean of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([])).toBeNaN()
})

it('tells percentiles between neighbours, whatever the order', () => {
  const hundred = Array.from({ length: 101 }, (_, n) => 100 - n)
  expect(percentile(hundred, 99)).toBe(99)
  expect(percentile([10, 20], 75)).toBe(17.5)
  expect(latenciesOf(hundred)).toEqual({ p50: 50, p99: 99 })
})
