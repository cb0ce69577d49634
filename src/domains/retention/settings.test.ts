import { keptSince } from './settings.ts'

afterEach(() => delete process.env['KEEP_ORDERS_YEARS'])

it('keeps orders for whole calendar years after the one in which the last happened to them', () => {
  expect(keptSince(new Date())).toBeUndefined()
  process.env['KEEP_ORDERS_YEARS'] = '10'
  expect(keptSince(new Date('2025-12-31T23:59:59Z'))).toEqual(new Date('2015-01-01'))
  expect(keptSince(new Date('2026-01-01T00:00:00Z'))).toEqual(new Date('2016-01-01'))
})

it('never deletes by a mistake in the setting', () => {
  process.env['KEEP_ORDERS_YEARS'] = '0'
  expect(() => keptSince(new Date())).toThrow('KEEP_ORDERS_YEARS')
})
