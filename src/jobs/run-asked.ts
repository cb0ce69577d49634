import { finishAskedRun, takeAskedRuns, type AskedRun } from '#messaging'
import type { Database } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import type { Scheduler } from './scheduler.ts'

interface Needs {
  db: Database
  log: Logger
  scheduler: Pick<Scheduler, 'run'>
  /** What this process can run. */
  names: readonly string[]
  /** Milliseconds between looks. @default 2000 */
  everyMs?: number
}

/** Runs what operators ask for out of turn. They ask in PostgreSQL, so it works while Redis is away. */
export function runAsked({ db, log, scheduler, names, everyMs = 2_000 }: Needs): { stop(): Promise<void> } {
  const underWay = new Set<Promise<void>>()
  const look = async () => {
    for (const asked of await takeAskedRuns(db, names)) {
      const run = carryOut(asked).finally(() => underWay.delete(run))
      underWay.add(run)
    }
  }
  const carryOut = async (asked: AskedRun) => {
    const ended = await scheduler.run(asked.name).then(
      (done) =>
        done === 'done'
          ? { outcome: 'done' as const }
          : { outcome: 'failed' as const, why: 'it ran at that moment by the clock' },
      (error: unknown) => ({ outcome: 'failed' as const, why: String(error) }),
    )
    await finishAskedRun(db, asked, ended).catch((err: Error) =>
      log.warn(
        { job: asked.name, reason: err.message },
        'the end of a run that an operator asked for is not on record',
      ),
    )
  }
  let last = Promise.resolve()
  const timer = setInterval(() => {
    last = last.then(look).catch((err: Error) => log.debug({ reason: err.message }, 'asked runs could not be read'))
  }, everyMs)
  return {
    async stop() {
      clearInterval(timer)
      await last
      await Promise.all(underWay)
    },
  }
}
