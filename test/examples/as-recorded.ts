import { standIn } from '#http'

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const MOMENT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g
const FIRST = Date.parse('2026-11-21T14:02:00Z')
/** A list is shown by its first entries. */
const SHOWN = 2

/**
 * An answer as the document shows it: ids are those of the examples, or made of the order in which they appear; times begin at one
 * moment; what is secret or tells of this machine is not in it.
 * @param standIns what stands for a real value in the examples
 */
export function asRecorded(body: unknown, standIns: ReadonlyMap<string, string>): unknown {
  let text = JSON.stringify(shortened(body))
  for (const [real, shown] of standIns) text = text.replaceAll(real, shown)
  const shown = new Set(standIns.values())
  const others = [...new Set(text.match(UUID))].filter((id) => !shown.has(id))
  for (const [nth, id] of others.entries()) text = text.replaceAll(id, standIn(`example ${nth}`))
  const first = Math.min(...(text.match(MOMENT) ?? []).map((moment) => Date.parse(moment)))
  text = text.replaceAll(MOMENT, (moment) => new Date(FIRST + Date.parse(moment) - first).toISOString())
  return JSON.parse(text)
}

function shortened(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.slice(0, SHOWN).map((one) => shortened(one))
  if (typeof value === 'string') return shownText(value, name)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shortened(member, key)]))
}

function shownText(text: string, name: string): string {
  if (name === 'secret') return 'whsec_c2hvd24gdGhpcyBvbmNlIQ=='
  if (name === 'key') return 'fanfare_shown_this_once'
  if (name === 'stack') return text.split('\n')[0]!
  return text
}

/** Which members there are, and what kind of value each has. */
export function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(shapeOf))].toSorted().join()}]`
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  const members = Object.entries(value).map(([key, member]) => `${key}:${shapeOf(member)}`)
  return `{${members.toSorted().join()}}`
}
