import type { Attributes } from '@opentelemetry/api'

/** What a span tells of a statement. */
export interface StatementDescription {
  /** The verb and the table that matter most, such as `INSERT events`: few names, however many statements there are. */
  readonly summary: string
  readonly attributes: Attributes
}

/** Most texts that are remembered. Others are read each time. */
const MOST = 500
/** Longer texts are composed of values more often than they come again. */
const MOST_REMEMBERED = 10_000
/** Characters of `db.query.text`. */
const MOST_TEXT = 500

const known = new Map<string, StatementDescription>()

/** A process has few statements, and runs each of them often: what is told of one is remembered. */
export function describeStatement(text: string): StatementDescription {
  const one = known.get(text)
  if (one) return one
  const read = describe(text)
  if (known.size < MOST && text.length <= MOST_REMEMBERED) known.set(text, read)
  return read
}

/** In ASCII: a request with one other character takes twice the memory, and far longer to be made. */
const CUT = ' ...'

function describe(text: string): StatementDescription {
  const told = text.replace(/\s+/g, ' ').trim()
  return {
    summary: summaryOf(text),
    attributes: {
      'db.system.name': 'postgresql',
      'db.query.text': told.length > MOST_TEXT ? told.slice(0, MOST_TEXT) + CUT : told,
    },
  }
}

const WRITES = /(INSERT INTO|UPDATE|DELETE FROM)\s+(?:"?public"?\.)?"?(\w+)"?/gi
const READS = /\bFROM\s+(?:"?public"?\.)?"?(\w+)"?/i

function summaryOf(text: string): string {
  const [, verb, written] = [...text.matchAll(WRITES)].filter(([, , table]) => table !== 'SET').at(-1) ?? []
  if (verb && written) return `${verb.split(' ')[0]!.toUpperCase()} ${written}`
  const read = READS.exec(text)?.[1]
  return read ? `SELECT ${read}` : (/^\s*(\w+)/.exec(text)?.[1] ?? 'statement').toUpperCase()
}
