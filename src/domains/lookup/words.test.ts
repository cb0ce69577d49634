import { hiddenWordsOf, queryOf, wordsOf } from './words.ts'

it('finds a text by its terms and by the words within them, without case and accents', () => {
  expect(wordsOf('Zoë  Müller-Weiß', 'zoe.mueller@example.com')).toEqual([
    'zoe',
    'muller-weiß',
    'muller',
    'weiß',
    'zoe.mueller@example.com',
    'mueller',
    'example',
    'com',
  ])
})

it('asks for every term, or a word that begins with it, and nothing of it is syntax', () => {
  const plain = (question: string) => queryOf(question)?.match(/'(?:[^']|'')*':\*/g)
  expect(plain(' Müller  MUG-01 ')).toEqual([`'muller':*`, `'mug-01':*`])
  expect(plain(`o'brien a\\b !x|y`)).toEqual([`'o''brien':*`, `'a\\\\b':*`, `'x|y':*`])
  expect(queryOf(' ... ')).toBeUndefined()
})

it('finds personal words by their hashes, from three characters on, and by the words of an address', () => {
  const hidden = new Set(hiddenWordsOf('Ada Lovelace', 'ada@example.com'))
  const asked = (question: string) => [...queryOf(question)!.matchAll(/'(#[^']+)'/g)].map(([, word]) => word!)
  for (const question of ['ADA', 'lov', 'Lovelace', 'ada@example.com'])
    expect(asked(question).some((word) => hidden.has(word))).toBe(true)
  expect(
    asked('ada@exam')
      .slice(1)
      .every((word) => hidden.has(word)),
  ).toBe(true)
  for (const question of ['lo', 'velace', 'Lovelaces'])
    expect(asked(question).some((word) => hidden.has(word))).toBe(false)
  expect([...hidden].join(' ')).not.toMatch(/ada@|lovelace/i)
})
