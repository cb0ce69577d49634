import { pino, type Logger } from 'pino'
import { withoutAddresses } from './redact.ts'
import { traceFields } from '../tracing.ts'

export type { Logger }

const REPEATS_WITHIN_MS = 10_000
/** Most different lines that are remembered; with more of them nothing repeats itself. */
const MOST = 200

/**
 * JSON lines on standard output; `service` names the process. E-mail addresses are taken out of them.
 *
 * A warning that is told again within ten seconds, with the same message and the same fields, is counted in place of being
 * printed; its count follows as one line when they are over.
 */
export function createLogger(service: string, level = 'info', destination?: pino.DestinationStream): Logger {
  const repeats = createRepeats()
  const options: pino.LoggerOptions = {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: () => traceFields(),
    hooks: {
      streamWrite: withoutAddresses,
      logMethod(args, method, number) {
        if (number === WARN && repeats.has(args, (told) => method.apply(this, told as typeof args))) return
        method.apply(this, args)
      },
    },
  }
  return destination ? pino(options, destination) : pino(options)
}

const WARN = pino.levels.values['warn']

type Told = [fields: object, message: string]

function createRepeats() {
  const counts = new Map<string, number>()
  return {
    /** True for a line that was told already; the first time, sees to its count being told. */
    has(args: readonly unknown[], tell: (told: Told) => void): boolean {
      const key = keyOf(args)
      if (key === undefined) return false
      const count = counts.get(key)
      if (count !== undefined) {
        counts.set(key, count + 1)
        return true
      }
      if (counts.size >= MOST) return false
      counts.set(key, 0)
      setTimeout(() => {
        const repeated = counts.get(key)!
        counts.delete(key)
        const [fields, message] =
          typeof args[0] === 'string' ? [{}, args[0]] : [args[0] as object, (args[1] as string | undefined) ?? '']
        const times = repeated === 1 ? 'once' : `${repeated} times`
        if (repeated > 0)
          tell([{ ...fields, repeated }, `${message} (repeated ${times} in ${REPEATS_WITHIN_MS / 1_000} s)`])
      }, REPEATS_WITHIN_MS).unref()
      return false
    },
  }
}

/**
 * Errors are the same by their message, for each has a stack of its own; a `reason` is the same whatever the numbers in it.
 * Undefined for what cannot be compared.
 */
function keyOf(args: readonly unknown[]): string | undefined {
  try {
    return JSON.stringify(args, (field, value: unknown) => {
      if (field === 'reason') return String(value).replace(/\d+/g, '#')
      if (value instanceof Error) return `${value.name}: ${value.message}`
      return typeof value === 'bigint' ? String(value) : value
    })
  } catch {
    return undefined // it holds itself
  }
}
