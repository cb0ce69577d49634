import { needsPostalCode } from './postal-code.ts'

it.each(['GB', 'DE', 'US', 'IN', 'BR', 'JP'])('is needed in %s', (country) =>
  expect(needsPostalCode(country)).toBe(true),
)

it.each(['AE', 'HK', 'IE', 'AQ', 'BM', 'EH', 'LC', 'MS', 'PS', 'TT', 'UM'])('may be left out in %s', (country) =>
  expect(needsPostalCode(country)).toBe(false),
)
