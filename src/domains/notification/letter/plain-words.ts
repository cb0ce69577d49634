/** Marks that nobody sees: joiners, bidi controls that turn what follows around, soft hyphens. */
const UNSEEN = /[\p{Cf}\p{Cc}\p{Zl}\p{Zp}]+/gu

/** What a mail program makes a link of by itself: a scheme, www., a domain (also with the dots that browsers take), an address. */
const LINK = /:\/\/|\bwww\b|[\p{L}\p{N}][.\u3002\uFF0E\uFF61]\p{L}{2}|@/iu

/**
 * What somebody else has typed, as it may stand in our mails: one short line, without unseen marks. Undefined where that leaves
 * nothing, or something that a mail program shows as a link: it would be sent in our name.
 */
export function plainWords(text: string, most: number): string | undefined {
  const words = text.normalize('NFC').replace(UNSEEN, ' ').replace(/\s+/gu, ' ').trim()
  if (words === '' || LINK.test(words.normalize('NFKC'))) return undefined
  const characters = Array.from(words)
  return characters.length <= most
    ? words
    : `${characters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`
}
