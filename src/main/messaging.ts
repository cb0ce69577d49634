import { hostname } from 'node:os'
import { armCrashPoint, createNames, createRabbitMq, CRASH_POINTS, type CrashPoint } from '#messaging'
import { StartupError, type Config } from '#platform/config'
import { openDatabase, type Planning } from '#platform/database'
import type { ProcessContext } from '#platform/process/shutdown'

export { WORKERS } from '#platform/process/workers'

/** Who did it, in `handled_events` and in the broker's lists: `<process>@<host>:<pid>`. */
export const instanceName = (processName: string) => `${processName}@${hostname()}:${process.pid}`

/** What the relay and the workers both stand on. */
export function openMessaging(processName: string, { config, log, onStop }: ProcessContext, planning: Planning) {
  const instance = instanceName(processName)
  const database = openDatabase(config.DATABASE_URL, {
    poolSize: config.DATABASE_POOL,
    pooler: config.DATABASE_POOLER,
    applicationName: `fanfare ${processName}`,
    answerWithinMs: 15_000,
    planning,
  })
  onStop(database.close)
  const broker = createRabbitMq({ url: config.RABBITMQ_URL, name: `fanfare ${instance}`, log })
  onStop(broker.close)
  armFrom(config)
  return {
    ...database,
    broker,
    instance,
    names: createNames(config.MESSAGING_NAMESPACE),
    retryDelays: config.RETRY_DELAYS,
    log,
  }
}

/** For tests: the process will kill itself at the named place. */
export function armFrom({ CRASH_AT: crashAt }: Config) {
  if (!crashAt) return
  const [point, nth = '1'] = crashAt.split(':')
  if (!CRASH_POINTS.includes(point as CrashPoint))
    throw new StartupError(`CRASH_AT names no crash point; there are: ${CRASH_POINTS.join(', ')}.`)
  armCrashPoint(point as CrashPoint, Number(nth))
}
