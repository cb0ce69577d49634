import { de } from './de.ts'
import { en } from './en.ts'
import { fr } from './fr.ts'
import type { Words } from './words.ts'

/** The languages of our mails. One more is one more file, and a line here. */
const WORDS: ReadonlyMap<string, Words> = new Map([
  ['en', en],
  ['de', de],
  ['fr', fr],
])

export const LANGUAGES: readonly string[] = [...WORDS.keys()]

/** How English is written where nobody has said what is wanted. */
const DEFAULT = 'en-GB'

/**
 * The words for a locale (BCP 47) by its language: `de-AT` is written to in German, with amounts as in Austria. A language that we do
 * not have is written to in English.
 */
export function chooseWords(locale: string | undefined): { locale: string; words: Words } {
  const wanted = parse(locale)
  const words = wanted && WORDS.get(wanted.language)
  return words ? { locale: wanted.baseName, words } : { locale: DEFAULT, words: en }
}

function parse(locale: string | undefined): Intl.Locale | undefined {
  try {
    return locale === undefined || locale === 'en' ? undefined : new Intl.Locale(locale)
  } catch {
    return undefined // stored by a release that took more
  }
}
