/** A country code and a number in that country: 15 digits at most (ITU-T E.164), and 7 in the shortest that are in use. */
const E164 = /^\+[1-9]\d{6,14}$/
/** A zero in brackets, as in +44 (0)20 …, is dialled within the country alone: with it the number is another one. */
const AT_HOME = /\(\s*0/

/** `+442079460000` of what people write, such as `+44 20 7946 0000` or `+1 (212) 555-0100`; undefined where it is no international number. */
export function internationalNumber(text: string): string | undefined {
  const number = text.replaceAll(/[\s().-]/g, '')
  return E164.test(number) && !AT_HOME.test(text) ? number : undefined
}
