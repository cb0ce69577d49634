import { runWebhooks } from '#domains/webhooks'
import { recordRuns, runAsked, schedules, startScheduler } from '#jobs'
import { createWakeUp, reconcile } from '#messaging'
import { runProcess } from '#platform/process/shutdown'
import { auditAside } from './audit-aside.ts'
import { openMessaging } from './messaging.ts'
import { serveMetrics } from './metrics.ts'
import { checkWhenReachable } from './reach-database.ts'
import { reportRunning } from './report-running.ts'

await runProcess('scheduler', async (context) => {
  const { config, log, onStop } = context
  const messaging = openMessaging('scheduler', context, 'by-size')
  await checkWhenReachable(context)
  const { db, pool, broker } = messaging
  void reportRunning({ ...messaging, service: 'scheduler' }, context)
  const jobs = schedules({
    ...messaging,
    ...createWakeUp(pool),
    // While RabbitMQ is away nothing can be delivered again, and the events are safe where they are.
    reconcileAll: async () => (broker.publishingPaused ? [] : reconcile(messaging)),
    partitionLength: config.EVENT_PARTITIONS,
    audit: () => auditAside(context),
  })
  const scheduler = startScheduler({
    redisUrl: config.REDIS_URL,
    namespace: config.MESSAGING_NAMESPACE,
    jobs: jobs.map((job) => recordRuns(messaging, job)),
    log,
  })
  onStop(() => scheduler.stop())
  const asked = runAsked({ db, log, scheduler, names: jobs.map(({ name }) => name) })
  onStop(asked.stop)
  const webhooks = runWebhooks({ db, log })
  onStop(webhooks.stop)
  await serveMetrics(context)
  log.info({ jobs: jobs.map(({ name, everyMs }) => `${name} every ${everyMs / 1_000} s`) }, 'running by the clock')
})
