import { SCOPES } from '#http'
import { OFFERED } from '../../console/src/pages/keys/scopes.ts'
import { duration, money } from '../../console/src/parts/words.ts'

it('writes money with the decimals of its currency', () => {
  const of = (currency: string) => money({ amount: 12_345, currency }).replace(/[^\d.,]/g, '')
  expect(['GBP', 'JPY', 'KWD'].map(of)).toEqual(['123.45', '12,345', '12.345'])
})

it('writes a dash for what was not measured', () => {
  expect([duration(null), duration(0), duration(1_240)]).toEqual(['–', '0 ms', '1.2 s'])
})

it('offers every scope that a key may have', () => {
  expect(OFFERED.map(({ scope }) => scope)).toEqual(SCOPES)
})
