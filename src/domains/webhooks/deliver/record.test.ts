import { judge } from './record.ts'

const DELAYS = [5_000, 300_000]
const answer = (status: number | null, retryAfterMs?: number) => ({
  status,
  answer: '',
  error: status === null ? 'no answer in time' : null,
  durationMs: 1,
  retryAfterMs,
})

it.each([
  ['a success', answer(204), 1, { outcome: 'delivered', waitMs: 0 }],
  ['a redirect, which nobody follows', answer(302), 1, { outcome: 'later', waitMs: 5_000 }],
  ['a failure', answer(500), 2, { outcome: 'later', waitMs: 300_000 }],
  ['no answer', answer(null), 1, { outcome: 'later', waitMs: 5_000 }],
  ['a failure that asks for more time', answer(503, 60_000), 1, { outcome: 'later', waitMs: 60_000 }],
  ['a failure that asks for less time', answer(503, 1_000), 2, { outcome: 'later', waitMs: 300_000 }],
  ['a failure that asks for a year', answer(503, 365 * 86_400_000), 1, { outcome: 'later', waitMs: 86_400_000 }],
  ['the last failure', answer(500), 3, { outcome: 'given-up', waitMs: 0 }],
])('%s', (_, given, attempt, expected) => {
  expect(judge(given, attempt, DELAYS, 0)).toEqual(expected)
})

it('adds up to a fifth at random', () => {
  expect(judge(answer(500), 1, DELAYS, 1).waitMs).toBe(6_000)
})
