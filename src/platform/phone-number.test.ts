import { internationalNumber } from './phone-number.ts'

it.each([
  ['+44 20 7946 0000', '+442079460000'],
  ['+1 (212) 555-0100', '+12125550100'],
  ['+49.30.901820', '+4930901820'],
])('reads %s', (written, number) => {
  expect(internationalNumber(written)).toBe(number)
})

it.each([
  '020 7946 0000',
  '0044 20 7946 0000',
  '+44 (0)20 7946 0000',
  '+0 20 7946 0000',
  '+44 20',
  '+1234567890123456',
  '-',
])('does not take %s for an international number', (written) => expect(internationalNumber(written)).toBeUndefined())
