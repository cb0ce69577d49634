import type { Logger } from '#platform/log/logger'
import { isDatabaseOutage, plainMessage, type Database } from '#platform/database'
import type { Reaction } from '../define/define-reaction.ts'
import { printable } from '../../deliveries/failure/printable.ts'

/** Says in PostgreSQL which breaker is open, and why. */
export interface BreakerRecord {
  opened(error: Error, failingForMs: number): void
  /** What it needs works again. */
  closed(): void
  /** The process ends: its breaker is open no more. */
  end(): Promise<void>
}

/** While a breaker is open its row is renewed; readers take it for closed after three times as long. */
const RENEW_MS = 5_000
/** Characters of a cause. */
const LONGEST = 500

type Breaking = Pick<Reaction, 'name' | 'dependency'>

interface Given {
  db: Database
  instance: string
  log: Logger
}

/**
 * What operators see of a breaker. It costs a statement when the breaker opens, one when it closes and one in five seconds between. The
 * reaction waits for none of them: while PostgreSQL itself is away, the breaker works without a row.
 */
export function recordBreaker({ name: reaction, dependency }: Breaking, { db, instance, log }: Given): BreakerRecord {
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
  const renew = (row: Row) => write(() => writeOpen(db, row))
  const close = (recovered: boolean) => {
    if (!isOpen) return
    isOpen = false
    clearInterval(timer)
    write(() => writeClosed(db, { reaction, instance, recovered }))
  }
  return {
    opened(error, failingForMs) {
      const cause = printable(`${error.name}: ${plainMessage(error)}`, LONGEST)
      const isOurs = isDatabaseOutage(error)
      const row = {
        reaction,
        instance,
        cause,
        dependency: isOurs ? null : (dependency ?? null),
        since: performance.now() - failingForMs,
      }
      isOpen = true
      timer = setInterval(() => waiting === 0 && renew(row), RENEW_MS).unref()
      renew(row)
    },
    closed: () => close(true),
    async end() {
      close(false)
      await last
    },
  }
}

interface Row {
  reaction: string
  instance: string
  cause: string
  dependency: string | null
  /** When its calls began to fail, by the monotonic clock. */
  since: number
}

/** A row that is still open was left by a process of the same name that was killed, unless it is this one's own. */
const writeOpen = (db: Database, { reaction, instance, cause, dependency, since }: Row) => db.$executeRaw`
  INSERT INTO breakers (reaction, instance, cause, dependency, failing_since)
  VALUES (${reaction}, ${instance}, ${cause}, ${dependency}, clock_timestamp() - ${performance.now() - since}::float8 * interval '1 ms')
  ON CONFLICT (reaction, instance) WHERE closed_at IS NULL
  DO UPDATE SET seen_at = clock_timestamp(), cause = excluded.cause, dependency = excluded.dependency,
    opened_at = CASE WHEN breakers.seen_at < clock_timestamp() - interval '15 s' THEN clock_timestamp() ELSE breakers.opened_at END,
    failing_since = CASE WHEN breakers.seen_at < clock_timestamp() - interval '15 s' THEN excluded.failing_since ELSE breakers.failing_since END`

interface Closed extends Pick<Row, 'reaction' | 'instance'> {
  recovered: boolean
}

/** What nobody asks for any more goes with it. */
const writeClosed = (db: Database, { reaction, instance, recovered }: Closed) => db.$executeRaw`
  WITH old AS (DELETE FROM breakers WHERE closed_at < clock_timestamp() - interval '30 days')
  UPDATE breakers SET closed_at = clock_timestamp(), recovered = ${recovered}
  WHERE reaction = ${reaction} AND instance = ${instance} AND closed_at IS NULL`
