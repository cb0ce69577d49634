/** What the data call some places, beside their English names. */
const ALIASES: Record<string, string> = {
  EIRE: 'IE',
  RSA: 'ZA',
  USA: 'US',
  'Channel Islands': 'JE',
  'Hong Kong': 'HK',
  'Czech Republic': 'CZ',
}

let codes: Map<string, string> | undefined

/** Two-letter code (ISO 3166) of a country by its English name; undefined for what is none, such as `Unspecified`. */
export function countryCode(name: string): string | undefined {
  codes ??= englishNames()
  return ALIASES[name] ?? codes.get(name)
}

function englishNames(): Map<string, string> {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
  const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')
  const all = letters.flatMap((first) => letters.map((second) => first + second))
  const current = all.filter((code) => new Intl.Locale(`und-${code}`).region === code) // DD is DE by now
  return new Map(current.flatMap((code) => (names.of(code) ? [[names.of(code)!, code]] : [])))
}
