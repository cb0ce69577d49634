import fc from 'fast-check'
import { mergeFigures, NO_FIGURES, NOTHING_DONE, type Figures } from './figures.ts'
import { bucketOf, countOf, mergeHistograms, quantile } from './histogram.ts'

const of = (...durations: number[]) => mergeHistograms(...durations.map((ms) => ({ [bucketOf(ms)]: 1 })))

it('tells quantiles that are at most a tenth wrong', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1, max: 1e8, noNaN: true }), { minLength: 1 }), (durations) => {
      const sorted = durations.toSorted((a, b) => a - b)
      for (const share of [0.5, 0.99]) {
        const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
        const told = quantile(of(...durations), share)!
        expect(Math.abs(told - exact) / exact).toBeLessThan(0.1)
      }
    }),
  )
})

it('says the same whether durations were counted together or apart', () => {
  expect(mergeHistograms(of(1, 20), of(20, 3_000))).toEqual(of(1, 20, 20, 3_000))
  expect(countOf(of(0, 1, 20))).toBe(3)
  expect(quantile({}, 0.5)).toBeNull()
})

it('adds what happened, and keeps the worst of what waited', () => {
  const nothing = { retrying: 0, blocked: 0, held: 0, dead: 0 }
  const figures = (change: Partial<Figures>): Figures => ({ ...NO_FIGURES, ...change })
  const one = figures({
    published: { 'a.made': 2 },
    reactions: { 'a.do': { ...NOTHING_DONE, critical: of(5), failed: 1 } },
    waiting: { 'a.do': { ...nothing, queued: 7, oldestMs: 900, replicas: 2 }, 'b.do': { ...nothing, dead: 4 } },
  })
  const other = figures({
    published: { 'a.made': 1, 'b.made': 1 },
    reactions: { 'a.do': { ...NOTHING_DONE, critical: of(5), dead: 1 } },
    waiting: { 'a.do': { ...nothing, queued: 3, oldestMs: 1_900, replicas: 1 }, 'b.do': nothing },
  })
  expect(mergeFigures([one, other])).toEqual({
    published: { 'a.made': 3, 'b.made': 1 },
    reactions: { 'a.do': { ...NOTHING_DONE, critical: of(5, 5), failed: 1, dead: 1 } },
    spans: {},
    waiting: {
      'a.do': { ...nothing, queued: 7, oldestMs: 1_900, replicas: 1 },
      'b.do': { ...nothing, dead: 4 },
    },
  })
})
