import type { Logger } from '#platform/log/logger'
import { plainMessage, type Database } from '#platform/database'
import { printable } from '../../deliveries/failure/printable.ts'

/** Says in PostgreSQL which breaker is open, and why. */
export interface BreakerRecord {
  opened(error: Error): void
  closed(): void
  /** The process ends: its breaker is open no more. */
  end(): Promise<void>
}

/** While a breaker is open its row is renewed; readers take it for closed after three times as long. */
const RENEW_MS = 5_000
/** Characters of a cause. */
const LONGEST = 500

interface Given {
  db: Database
  instance: string
  log: Logger
}

/**
 * What operators see of a breaker. It costs a statement when the breaker opens, one when it closes and one in five seconds between. The
 * reaction waits for none of them: while PostgreSQL itself is away, the breaker works without a row.
 */
export function recordBreaker(reaction: string, { db, instance, log }: Given): BreakerRecord {
  let isOpen = false
  let timer: NodeJS.Timeout | undefined
  /** What is to be written, one after the other: an end must not be overtaken by its beginning. */
  let last = Promise.resolve()
  let waiting = 0
  const write = (run: () => Promise<unknown>) => {
    waiting++
    last = last
      .then(run)
      .catch((err: unknown) => log.debug({ err, reaction }, 'an open breaker could not be recorded'))
      .then(() => void waiting--)
  }
  const renew = (cause: string) => write(() => writeOpen(db, { reaction, instance, cause }))
  const closed = () => {
    if (!isOpen) return
    isOpen = false
    clearInterval(timer)
    write(() => writeClosed(db, reaction, instance))
  }
  return {
    opened(error) {
      const cause = printable(`${error.name}: ${plainMessage(error)}`, LONGEST)
      isOpen = true
      timer = setInterval(() => waiting === 0 && renew(cause), RENEW_MS).unref()
      renew(cause)
    },
    closed,
    async end() {
      closed()
      await last
    },
  }
}

interface Row {
  reaction: string
  instance: string
  cause: string
}

/** A row that is still open was left by a process of the same name that was killed, unless it is this one's own. */
const writeOpen = (db: Database, { reaction, instance, cause }: Row) => db.$executeRaw`
  INSERT INTO breakers (reaction, instance, cause) VALUES (${reaction}, ${instance}, ${cause})
  ON CONFLICT (reaction, instance) WHERE closed_at IS NULL
  DO UPDATE SET seen_at = clock_timestamp(), cause = excluded.cause,
    opened_at = CASE WHEN breakers.seen_at < clock_timestamp() - interval '15 s' THEN clock_timestamp() ELSE breakers.opened_at END`

/** What nobody asks for any more goes with it. */
const writeClosed = (db: Database, reaction: string, instance: string) => db.$executeRaw`
  WITH old AS (DELETE FROM breakers WHERE closed_at < clock_timestamp() - interval '30 days')
  UPDATE breakers SET closed_at = clock_timestamp()
  WHERE reaction = ${reaction} AND instance = ${instance} AND closed_at IS NULL`
