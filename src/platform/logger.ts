import { pino, type Logger } from 'pino'

export type { Logger }

/** JSON lines on standard output; `service` names the process. */
export function createLogger(service: string, level = 'info'): Logger {
  return pino({ level, base: { service, pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime })
}
