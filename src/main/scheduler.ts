import { schedules, startScheduler } from '#jobs'
import { createWakeUp } from '#messaging'
import { openDatabase } from '#platform/database'
import { runProcess } from '#platform/shutdown'
import { serveMetrics } from './metrics.ts'

await runProcess('scheduler', async (context) => {
  const { config, log, onStop } = context
  const { db, pool, close } = openDatabase(config.DATABASE_URL, { poolSize: 4, applicationName: 'fanfare scheduler' })
  onStop(close)
  const jobs = schedules({ db, ...createWakeUp(pool) })
  const scheduler = startScheduler({
    redisUrl: config.REDIS_URL,
    namespace: config.MESSAGING_NAMESPACE,
    jobs,
    log,
  })
  onStop(() => scheduler.stop())
  await serveMetrics(context)
  log.info({ jobs: jobs.map(({ name, everyMs }) => `${name} every ${everyMs / 1_000} s`) }, 'running by the clock')
})
