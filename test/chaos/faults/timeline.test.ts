import { planFaults } from './timeline.ts'

const FAULTS = ['kill', 'freeze', 'cut', 'wipe']
const MINUTE = 60_000

it('is decided by the seed alone', () => {
  expect(planFaults(7, 2 * MINUTE, FAULTS)).toEqual(planFaults(7, 2 * MINUTE, FAULTS))
  expect(planFaults(8, 2 * MINUTE, FAULTS)).not.toEqual(planFaults(7, 2 * MINUTE, FAULTS))
})

it('uses every fault at least three times in a long run, however many there are', () => {
  const many = Array.from({ length: 60 }, (_, i) => `fault-${i}`)
  const planned = planFaults(1, 15 * MINUTE, many)
  for (const name of many) expect(planned.filter(({ fault }) => fault === name).length).toBeGreaterThanOrEqual(3)
})

it('uses all before any comes again, in order of time, between the calm ends', () => {
  const planned = planFaults(3, 2 * MINUTE, FAULTS)
  expect(
    planned
      .slice(0, 4)
      .map(({ fault }) => fault)
      .toSorted(),
  ).toEqual(FAULTS.toSorted())
  const times = planned.map(({ atMs }) => atMs)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(times[0]).toBeGreaterThanOrEqual(5_000)
  expect(times.at(-1)).toBeLessThan(2 * MINUTE - 5_000)
})

it('injects nothing when nothing was chosen', () => {
  expect(planFaults(1, MINUTE, [])).toEqual([])
})
