import { plainWords } from './plain-words.ts'

it.each([
  ['Ada Lovelace', 'Ada Lovelace'],
  ['  José\n\nNúñez ', 'José Núñez'],
  ["Anne-Marie O'Neill Jr.", "Anne-Marie O'Neill Jr."],
  ['Dr. J. Smith', 'Dr. J. Smith'],
  ['山田 太郎', '山田 太郎'],
  ['a\u202Eb\u2066c\u200Bd', 'a b c d'],
])('lets %j stand as a line', (typed, said) => {
  expect(plainWords(typed, 60)).toBe(said)
})

it.each([
  'Pay again at https://evil.example/pay',
  'see www.evil',
  'evil.example',
  'evil。example',
  'ｅｖｉｌ．ｅｘａｍｐｌｅ',
  'mail me@evil',
  'ev\u200Bil.exa\u200Bmple',
  '\u202E\u2066',
])('leaves %j out', (typed) => {
  expect(plainWords(typed, 60)).toBeUndefined()
})

it('ends where it gets long', () => {
  expect(plainWords('x'.repeat(200), 60)).toBe(`${'x'.repeat(59)}…`)
})
