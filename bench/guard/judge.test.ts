import { isFailure, judge, type Run } from './judge.ts'

const COMMITTED = [1.2, 1, 1.4] // a round at 0.6 or above holds
const run = (rounds: readonly number[], usedByOthers = 0): Run => ({ rounds, usedByOthers })
const [good, bad] = [run([0.4, 0.65, 0.5]), run([0.4, 0.55, 0.5])]

it('takes the best round of a run', () => {
  expect(judge(COMMITTED, good)).toBe('held')
  expect(judge(COMMITTED, bad)).toBe('again')
})

it('calls it a loss only when the second run shows it too', () => {
  expect(judge(COMMITTED, bad, good)).toBe('noise')
  expect(judge(COMMITTED, bad, bad)).toBe('lost')
})

it('judges nothing beside others who keep the machine busy, and lets little load be no excuse', () => {
  expect(judge(COMMITTED, run(good.rounds, 0.6))).toBe('not measurable')
  expect(judge(COMMITTED, run(bad.rounds, 0.6))).toBe('not measurable')
  expect(judge(COMMITTED, bad, run(bad.rounds, 0.6))).toBe('not measurable')
  expect(judge(COMMITTED, run(bad.rounds, 0.2), run(bad.rounds, 0.2))).toBe('lost')
})

it('does not take a baseline that came to nothing for a good round', () => {
  expect(judge(COMMITTED, run([Infinity, Number.NaN, 0.5]))).toBe('again')
  expect(judge(COMMITTED, run([Infinity]), run([Infinity]))).toBe('lost')
})

it('fails the build for a loss, and for what nothing is committed to compare with', () => {
  expect(judge(undefined, good)).toBe('unknown')
  expect(judge([], good)).toBe('unknown')
  expect((['held', 'noise', 'not measurable', 'lost', 'unknown'] as const).filter(isFailure)).toEqual([
    'lost',
    'unknown',
  ])
})
