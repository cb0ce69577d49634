import type pg from 'pg'
import { clientFor } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import { createMicroBatch } from '#platform/micro-batch'

const CHANNEL = 'fanfare_events'

export interface WakeUp {
  /** Tells the relay that something was committed. Cheap; calls during a NOTIFY under way become one more. */
  wake(): void
}

/**
 * Wake-ups for the relay, sent after commit and outside any order's transaction: NOTIFY takes a lock that is global to
 * the database until its transaction ends. A lost wake-up costs only the relay's polling interval.
 */
export function createWakeUp(pool: pg.Pool): WakeUp {
  const notify = async () => {
    await pool.query(`NOTIFY ${CHANNEL}`).catch(() => {}) // the relay polls as well
    return []
  }
  const wakeUps = createMicroBatch<undefined, void>({ run: notify, isOutage: () => true })
  return { wake: () => void wakeUps.submit(undefined) }
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
