import { durationOf } from './duration.ts'

it('writes durations as people do', () => {
  expect([0, 0.42, 146.3, 1_000, 1_240, 90_000, 7_200_000].map(durationOf)).toEqual([
    '0 ms',
    '0.4 ms',
    '146 ms',
    '1 s',
    '1.2 s',
    '1.5 min',
    '2 h',
  ])
})
