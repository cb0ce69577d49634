import { iso31661 } from 'iso-3166/1.js'
import { z } from 'zod'

/** ISO 3166-1 leaves XK for its users; the EU and the postal services use it for Kosovo, which has no other code. */
const COUNTRIES: ReadonlySet<string> = new Set([...iso31661.map(({ alpha2 }) => alpha2), 'XK'])

/** The code of a country that there is: ISO 3166-1 alpha-2, or XK for Kosovo. */
export const country = z
  .string()
  .regex(/^[A-Z]{2}$/, {
    error: 'must be a two-letter country code in capitals (ISO 3166), such as GB',
    abort: true,
  })
  .refine((code) => COUNTRIES.has(code), {
    error: ({ input }) => `'${String(input)}' is no country: it must be a code of ISO 3166-1 alpha-2, such as GB`,
  })
  .meta({ examples: ['GB'] })
