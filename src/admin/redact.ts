/** Members that hold what is known of a person, wherever they stand in a message. */
const PERSONAL: ReadonlySet<string> = new Set([
  'name',
  'email',
  'phone',
  'line1',
  'line2',
  'city',
  'postalCode',
  'token',
])
/** In these a name is that of a thing. */
const THINGS: ReadonlySet<string> = new Set(['lines', 'items', 'products'])

const MASK = '•••'

/** The same message with personal data masked, and whether something was. */
export function redact(message: unknown): { message: unknown; masked: boolean } {
  let masked = false
  const visit = (value: unknown, ofThing: boolean): unknown => {
    if (Array.isArray(value)) return value.map((one) => visit(one, ofThing))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => {
        if (typeof member !== 'string' || ofThing || !PERSONAL.has(key))
          return [key, visit(member, ofThing || THINGS.has(key))]
        masked = true
        return [key, MASK]
      }),
    )
  }
  return { message: visit(message, false), masked }
}

/**
 * What was left masked is again what it was. In lists of another length nobody knows which was which.
 * @throws MaskMoved when a mask stands where nothing had been masked
 */
export function unmask(edited: unknown, original: unknown): unknown {
  if (edited === MASK && typeof original === 'string') return original
  if (edited === MASK) throw new MaskMoved(`${MASK} stands where nothing was hidden: write the value that is meant.`)
  if (Array.isArray(edited)) {
    const known = Array.isArray(original) && original.length === edited.length ? original : []
    return edited.map((one, index) => unmask(one, known[index]))
  }
  if (typeof edited !== 'object' || edited === null) return edited
  const known: Readonly<Record<string, unknown>> = isDocument(original) ? original : {}
  return Object.fromEntries(Object.entries(edited).map(([key, one]) => [key, unmask(one, known[key])]))
}

/** Somebody moved what they cannot see. */
export class MaskMoved extends Error {
  override name = 'MaskMoved'
}

const isDocument = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
