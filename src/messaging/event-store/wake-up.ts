import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { clientFor } from '#platform/database'
import type { Logger } from '#platform/log/logger'

const CHANNEL = 'fanfare_events'
/** Milliseconds from one NOTIFY of a process to its next. */
export const SPACING_MS = 5

export interface WakeUp {
  /** Tells the relay that something was committed: at once, or SPACING_MS after the time before. Cheap, however often it is called. */
  wake(): void
}

/**
 * Wake-ups for the relay, sent after commit and outside any order's transaction: NOTIFY takes a lock that is global to
 * the database until its transaction ends. A lost wake-up costs only the relay's polling interval.
 */
export function createWakeUp(pool: pg.Pool): WakeUp {
  let isUnderWay = false
  let isWanted = false
  const notify = async () => {
    isUnderWay = true
    while (isWanted) {
      isWanted = false
      await pool.query(`NOTIFY ${CHANNEL}`).catch(() => {}) // the relay polls as well
      await wait(SPACING_MS, undefined, { ref: false })
    }
    isUnderWay = false
  }
  return {
    wake() {
      isWanted = true
      if (!isUnderWay) void notify()
    },
  }
}

/**
 * Calls `onWake` for each wake-up, on a connection of its own that is opened again whenever it breaks, to the primary.
 * @param connectionString must lead to a session of its own: a pooler in transaction mode forgets what it listens to
 */
export function listenForWakeUps(connectionString: string, log: Logger, onWake: () => void) {
  const Client = clientFor(connectionString)
  let closed = false
  let client: pg.Client | undefined
  let retry: NodeJS.Timeout | undefined
  let awaySince: number | undefined
  const open = async () => {
    const opening = new Client({ keepAlive: true, application_name: 'fanfare wake-ups' })
    client = opening
    let lost = false
    const reopen = (err?: Error) => {
      if (lost || closed) return
      lost = true
      awaySince ??= performance.now()
      log.warn({ err }, 'wake-ups interrupted; polling goes on')
      retry = setTimeout(() => void open(), 500)
    }
    opening.on('error', reopen)
    opening.on('end', () => reopen())
    opening.on('notification', onWake)
    try {
      await opening.connect()
      await opening.query(`LISTEN ${CHANNEL}`)
      if (awaySince !== undefined)
        log.info(
          { awayMs: Math.round(performance.now() - awaySince), isRecovery: true },
          'PostgreSQL answers again: wake-ups come through',
        )
      awaySince = undefined
      onWake()
    } catch (err) {
      reopen(err as Error)
      await opening.end().catch(() => {})
    }
  }
  void open()
  return {
    async close() {
      closed = true
      clearTimeout(retry)
      await client?.end().catch(() => {})
    },
  }
}
