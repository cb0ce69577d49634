/** A line of pino's. */
interface LogRecord {
  level: number
  msg?: string
  err?: { message?: string }
  reason?: string
  reaction?: string
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

/** Every field that says something: `payment.capture-payment: paused (ECONNREFUSED 127.0.0.1:4010; attempt 2)`. */
export function sentenceOf({ msg, err, reason, reaction, ...fields }: LogRecord): string {
  const cause = err?.message ?? reason
  const details = Object.entries(fields).flatMap(([name, value]) =>
    !KNOWN.has(name) && ['string', 'number', 'boolean'].includes(typeof value) ? [`${name} ${String(value)}`] : [],
  )
  const causes = [...(cause === undefined ? [] : [cause]), ...details].join('; ').replaceAll(/\s+/g, ' ').trim()
  return `${reaction === undefined ? '' : `${reaction}: `}${msg ?? ''}${causes ? ` (${causes})` : ''}`
}

/** What every record has. */
const KNOWN = new Set(['level', 'time', 'pid', 'service', 'hostname'])
