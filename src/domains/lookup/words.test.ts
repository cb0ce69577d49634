import { queryOf, wordsOf } from './words.ts'

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
  expect(queryOf(' Müller  MUG-01 ')).toBe(`'muller':* & 'mug-01':*`)
  expect(queryOf(`o'brien a\\b !x|y`)).toBe(`'o''brien':* & 'a\\\\b':* & 'x|y':*`)
  expect(queryOf(' ... ')).toBeUndefined()
})
