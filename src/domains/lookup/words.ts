import { blindIndex } from '#platform/sealing'

/** The terms of a text: what stands between spaces, in lower case and without accents. */
const termsOf = (text: string): string[] =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .split(/\s+/)
    .map((term) => term.replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ''))
    .filter((term) => term !== '')

/** Longest term that is kept, in characters: PostgreSQL takes 2 KB. */
const LONGEST = 200

/** What a text is found by: its terms, and the words within each. */
export function wordsOf(...texts: string[]): string[] {
  const terms = texts.flatMap(termsOf).map((term) => term.slice(0, LONGEST))
  const words = terms.flatMap((term) => [term, ...term.split(/[^\p{L}\p{N}]+/u)])
  return [...new Set(words.filter((word) => word !== ''))]
}

/** Shortest beginning of a personal word that finds it, in characters. */
const SHORTEST = 3

/**
 * What a text is found by that must not be read in an index: a keyed hash of each term and word, and of each beginning of a
 * word. Nobody can tell the words from them, but equal ones are equal.
 */
export function hiddenWordsOf(...texts: string[]): string[] {
  const words = wordsOf(...texts)
  const beginnings = words.filter(isWord).flatMap((word) => {
    const lengths = Array.from({ length: Math.max(0, word.length - SHORTEST) }, (_, nth) => SHORTEST + nth)
    return lengths.map((length) => word.slice(0, length))
  })
  return [...new Set([...words, ...beginnings])].map(hidden)
}

/** Tells a hidden word from one that stands for itself. */
export const HIDDEN = '#'
const hidden = (word: string) => `${HIDDEN}${blindIndex('word', word).slice(0, 8)}`
const isWord = (term: string) => !SEPARATORS.test(term)
const SEPARATORS = /[^\p{L}\p{N}]+/u

/** A tsquery for texts that have every term of the question, or a word that begins with it; undefined when it has none. */
export function queryOf(question: string): string | undefined {
  const terms = termsOf(question).map((term) => queryOfTerm(term.slice(0, LONGEST)))
  return terms.length === 0 ? undefined : terms.join(' & ')
}

/** As it stands, or as a personal word, or by the personal words that it consists of. */
function queryOfTerm(term: string): string {
  const parts = term.split(SEPARATORS).filter((part) => part !== '')
  const ways = [`${quoted(term)}:*`, quoted(hidden(term))]
  if (!isWord(term) && parts.length > 0) ways.push(`(${parts.map((part) => quoted(hidden(part))).join(' & ')})`)
  return `(${ways.join(' | ')})`
}

const quoted = (term: string) => `'${term.replaceAll(/['\\]/g, '$&$&')}'`
