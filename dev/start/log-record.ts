import { plainMessage } from '../../src/platform/database/statements/plain-message.ts'
import { call } from '../fanfare/call.ts'

/** A line of pino's. */
interface LogRecord {
  level: number
  msg?: string
  err?: { message?: string }
  reason?: string
  reaction?: string
  /** A request to the API, and its answer. */
  req?: { method?: string; url?: string }
  res?: { statusCode?: number }
  responseTime?: number
  /** How often a warning came again; its message says so too. */
  repeated?: number
  /** Told although it is no warning: something that was warned of is well again. */
  isRecovery?: boolean
  [field: string]: unknown
}

export const WARNING = 40
export const ERROR = 50

export function readRecord(line: string): LogRecord | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as LogRecord
  } catch {
    return undefined
  }
}

/** Every field that says something: `payment.capture-payment: paused (ECONNREFUSED 127.0.0.1:4010; attempt 2)`, times with their unit. */
export function sentenceOf({ msg, err, reason, reaction, help, req, res, responseTime, ...fields }: LogRecord): string {
  const cause = err?.message === undefined ? reason : plainMessage({ message: err.message })
  const details = Object.entries(fields).flatMap(([name, value]) =>
    !KNOWN.has(name) && ['string', 'number', 'boolean'].includes(typeof value) ? [labelled(name, value)] : [],
  )
  const request =
    req && res ? [`${req.method} ${req.url}: ${res.statusCode}`, labelled('afterMs', responseTime ?? 0)] : []
  const causes = [...(cause === undefined ? [] : [cause]), ...request, ...details]
    .join('; ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const next = typeof help === 'string' ? ` → ${call(help)}` : ''
  return `${reaction === undefined ? '' : `${reaction}: `}${msg ?? ''}${causes ? ` (${causes})` : ''}${next}`
}

/** What every record has, and what says nothing to a reader, or is said in the message. Traces are looked for in the file. */
const KNOWN = new Set([
  'level',
  'time',
  'pid',
  'service',
  'hostname',
  'isRecovery',
  'repeated',
  'trace_id',
  'span_id',
  'trace_flags',
])

/** The core knows conversations; here each is an order's. */
const LABELS: Record<string, string> = { conversation: 'order' }

/** `nextTryInMs: 5230` → `next try in 5.2 s`. */
function labelled(name: string, value: unknown): string {
  const isTime = name.endsWith('Ms') && typeof value === 'number'
  const label =
    LABELS[name] ?? (isTime ? name.slice(0, -2) : name).replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return `${label} ${isTime ? `${(value / 1_000).toFixed(1)} s` : String(value)}`
}
