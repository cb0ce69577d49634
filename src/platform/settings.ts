import { z } from 'zod'
import { parseEnvironment, rawEnvironment, StartupError } from './config.ts'

export { url } from './config.ts'

type Settings<Shape extends z.ZodRawShape> = Readonly<z.infer<z.ZodObject<Shape>>>

const declared = new Map<string, z.ZodType>()
/** Read settings that must fit together. */
const together: (() => unknown)[] = []

/**
 * Declares the settings of a domain or of one reaction, in its own folder: a zod schema for each variable of the
 * environment, by its name. `.env.example` lists them with their defaults; a test compares.
 *
 *     export const settings = defineSettings({ PARTNER_URL: url(['https'], 'https://partner.example') })
 *     …
 *     fetch(`${settings().PARTNER_URL}/orders`, { signal })
 *
 * A worker process checks the settings of everything that it has loaded before it takes its first message. They are read
 * and checked once, and again only when their variables have changed. Empty strings count as unset.
 * @param misfit what is wrong with settings that are right one by one, in a sentence that says what to do
 * @returns a function that answers the settings, frozen
 * @throws TypeError when a variable is declared already; the function throws StartupError
 */
export function defineSettings<Shape extends z.ZodRawShape>(
  shape: Shape,
  misfit?: (settings: Settings<Shape>) => string | undefined,
): () => Settings<Shape> {
  for (const [name, type] of Object.entries(shape)) {
    if (declared.has(name)) throw new TypeError(`${name} is declared already: settings belong to one folder`)
    declared.set(name, type as z.ZodType)
  }
  const schema = z.object(shape)
  let known: { raw: string; settings: Settings<Shape> } | undefined
  const read = () => {
    const raw = rawEnvironment(Object.keys(shape))
    if (known?.raw === raw) return known.settings
    const settings = parseEnvironment(schema)
    const sentence = misfit?.(settings)
    if (sentence !== undefined) throw new StartupError(sentence)
    known = { raw, settings }
    return settings
  }
  if (misfit) together.push(read)
  return read
}

/** Checks all settings that were declared so far. @throws StartupError naming each wrong variable and what it must be */
export function checkSettings(): void {
  parseEnvironment(z.object(Object.fromEntries(declared)))
  for (const read of together) read()
}

/** The variables that were declared so far, with their defaults as they would be written; empty where there is none. */
export function declaredSettings(): Record<string, string> {
  const defaultOf = (type: z.ZodType) => (type.safeParse(undefined).data ?? '') as string | number
  return Object.fromEntries([...declared].map(([name, type]) => [name, String(defaultOf(type))]))
}
