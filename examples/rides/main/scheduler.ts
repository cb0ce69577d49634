import { messagingJobs, recordRuns, startScheduler } from '#jobs'
import { createWakeUp, reconcile } from '#messaging'
import { runProcess } from '#platform/process/shutdown'
import { openMessaging } from '../../../src/main/messaging.ts'
import { checkWhenReachable } from '../../../src/main/reach-database.ts'
import { rideJobs } from './jobs.ts'

/** What the core needs done by the clock, and what rides need. */
await runProcess('scheduler', async (context) => {
  const { config, log, onStop } = context
  await checkWhenReachable(context)
  const messaging = openMessaging('scheduler', context, 'by-size')
  const { db, pool, broker } = messaging
  const jobs = [
    ...messagingJobs({
      ...messaging,
      reconcileAll: async () => (broker.publishingPaused ? [] : reconcile(messaging)),
      partitionLength: config.EVENT_PARTITIONS,
    }),
    ...rideJobs({ db, ...createWakeUp(pool) }),
  ]
  const scheduler = startScheduler({
    redisUrl: config.REDIS_URL,
    namespace: config.MESSAGING_NAMESPACE,
    jobs: jobs.map((job) => recordRuns(messaging, job)),
    log,
  })
  onStop(() => scheduler.stop())
  log.info({ jobs: jobs.map(({ name, everyMs }) => `${name} every ${everyMs / 1_000} s`) }, 'running by the clock')
})
