import { segmentsOf } from './segments.ts'

it.each([
  ['a'.repeat(160), 'GSM-7', 1],
  ['a'.repeat(161), 'GSM-7', 2],
  ['é'.repeat(306), 'GSM-7', 2],
  ['é'.repeat(307), 'GSM-7', 3],
  ['€'.repeat(80), 'GSM-7', 1], // by an escape: two places each
  ['€'.repeat(81), 'GSM-7', 2],
  [`${'a'.repeat(152)}€${'a'.repeat(151)}`, 'GSM-7', 2],
  [`${'a'.repeat(152)}€${'a'.repeat(152)}`, 'GSM-7', 3], // the escape is not divided
  ['’'.repeat(70), 'UCS-2', 1],
  ['’'.repeat(71), 'UCS-2', 2],
  ['🎉'.repeat(67), 'UCS-2', 3], // 33 whole ones in each
])('counts %s', (text, encoding, segments) => expect(segmentsOf(text)).toEqual({ encoding, segments }))
