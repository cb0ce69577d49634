const INSTEAD = '(personal)'
/** Shorter texts stand in too many words that say nothing of anybody. */
const SHORTEST = 3

/** An e-mail address, but not `process@host:pid`, which names an instance. */
const EMAIL = /[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+(?![\w.-]*:\d)/g

/** A text without e-mail addresses. */
export const withoutAddresses = (text: string): string => (text.includes('@') ? text.replaceAll(EMAIL, INSTEAD) : text)

/** Takes texts out of an error's words, and of those of its causes; the error stays the same one. */
export function redactError(error: Error, texts: readonly string[]): void {
  const wanted = [...new Set(texts)].filter(({ length }) => length >= SHORTEST).sort((a, b) => b.length - a.length)
  const words = wanted.map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|')
  // Whole words only: somebody is called Order.
  const pattern = words === '' ? undefined : new RegExp(`(?<![\\p{L}\\p{N}])(?:${words})(?![\\p{L}\\p{N}])`, 'gu')
  const redacted = (text: string) => withoutAddresses(pattern ? text.replaceAll(pattern, INSTEAD) : text)
  const seen = new Set<unknown>()
  for (let one: unknown = error; one instanceof Error && !seen.has(one); one = one.cause) {
    seen.add(one)
    const { message, stack } = one
    if (redacted(message) === message && (stack === undefined || redacted(stack) === stack)) continue
    Object.defineProperty(one, 'message', { value: redacted(message), configurable: true, writable: true })
    if (stack !== undefined)
      Object.defineProperty(one, 'stack', { value: redacted(stack), configurable: true, writable: true })
  }
}
