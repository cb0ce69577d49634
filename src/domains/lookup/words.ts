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

/** A tsquery for texts that have every term of the question, or a word that begins with it; undefined when it has none. */
export function queryOf(question: string): string | undefined {
  const terms = termsOf(question).map((term) => `'${term.slice(0, LONGEST).replaceAll(/['\\]/g, '$&$&')}':*`)
  return terms.length === 0 ? undefined : terms.join(' & ')
}
