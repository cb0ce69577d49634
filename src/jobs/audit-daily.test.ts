import { latest } from './audit-daily.ts'

const at = (text: string) => Date.parse(text)

it('is due at its time of day, by UTC, whatever the clocks of summer say', () => {
  expect(latest('03:00', at('2026-11-22T04:00:00Z'))).toBe(at('2026-11-22T03:00:00Z'))
  expect(latest('03:00', at('2026-11-22T03:00:00Z'))).toBe(at('2026-11-22T03:00:00Z'))
  expect(latest('03:00', at('2026-11-22T02:59:59Z'))).toBe(at('2026-11-21T03:00:00Z'))
  expect(latest('00:00', at('2026-03-29T00:30:00+01:00'))).toBe(at('2026-03-28T00:00:00Z'))
})
