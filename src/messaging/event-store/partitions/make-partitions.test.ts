import { endOf } from './make-partitions.ts'
import { leastId, timeOfId } from './partitions.ts'

it.each([
  ['day', '2026-11-30T23:59:59.999Z', '2026-12-01'],
  ['day', '2026-12-01T00:00:00.000Z', '2026-12-02'],
  ['week', '2026-11-30T00:00:00.000Z', '2026-12-07'],
  ['week', '2026-11-29T12:00:00.000Z', '2026-11-30'],
  ['month', '2026-12-31T12:00:00.000Z', '2027-01-01'],
] as const)('the %s of %s ends on %s', (length, moment, end) => {
  expect(endOf(length, new Date(moment)).toISOString()).toBe(`${end}T00:00:00.000Z`)
})

it('the least id of a moment tells the moment', () => {
  const moment = new Date('2026-12-01T00:00:00.001Z')
  expect(leastId(moment)).toBe('01a22ee6-b001-0000-0000-000000000000')
  expect(timeOfId(leastId(moment))).toEqual(moment)
})
