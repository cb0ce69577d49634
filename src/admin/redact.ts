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
