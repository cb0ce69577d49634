import { setTimeout as delay } from 'node:timers/promises'
import { Queue, Worker } from 'bullmq'
import type { Logger } from '#platform/logger'
import { openRedis } from './redis-link.ts'
import type { ScheduledJob } from './scheduled-job.ts'

export interface SchedulerOptions {
  redisUrl: string
  /** Keeps several systems on one Redis apart. @default '' */
  namespace?: string
  jobs: readonly ScheduledJob[]
  log: Logger
  /** Milliseconds after which it is made sure again that Redis knows every schedule. @default 15000 */
  reassertMs?: number
}

export interface Scheduler {
  /** Waits for the jobs under way, at most `graceMs` (default 10 seconds); longer ones are cut off and run again. */
  stop(graceMs?: number): Promise<void>
}

const QUEUE = 'schedules'
const KEPT = { removeOnComplete: { count: 20 }, removeOnFail: { count: 100 } }

/**
 * Runs jobs by the clock. Any number of processes may run the same jobs: each run happens in one of them. Redis may be
 * away at the start and at any time later, or be flushed: the schedules are put there again.
 */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const { redisUrl, namespace = '', jobs, log, reassertMs = 15_000 } = options
  const link = openRedis(redisUrl, log, () => void assertAll())
  const shared = { connection: link.redis, prefix: namespace || 'fanfare' }
  const queue = new Queue(QUEUE, { ...shared, streams: { events: { maxLen: 1_000 } } })
  queue.on('error', link.isAway)
  const run = createRunner(jobs, log)
  const ofAnotherRelease = (name: string) => queue.removeJobScheduler(name)
  const worker = new Worker(QUEUE, async ({ name }) => (await run(name)) ?? ofAnotherRelease(name), {
    ...shared,
    concurrency: jobs.length,
  })
  worker.on('error', link.isAway)

  const assertAll = async () => {
    try {
      for (const job of jobs) await assertSchedule(queue, job)
    } catch (error) {
      link.isAway(error as Error)
    }
  }
  const timer = setInterval(() => void assertAll(), reassertMs)

  return {
    async stop(graceMs = 10_000) {
      clearInterval(timer)
      const closing = worker.close().then(() => queue.close())
      closing.catch(() => {})
      await Promise.race([closing, delay(graceMs, undefined, { ref: false })])
      link.close()
    },
  }
}

/** Runs a job by its name, not twice at once in this process. Answers undefined for an unknown name; never throws. */
function createRunner(jobs: readonly ScheduledJob[], log: Logger) {
  const running = new Set<string>()
  return async (name: string): Promise<'done' | 'failed' | 'still running' | undefined> => {
    const job = jobs.find((candidate) => candidate.name === name)
    if (!job) return undefined
    if (running.has(name)) return 'still running'
    running.add(name)
    try {
      const done = await job.run(new Date())
      if (done) log.info({ job: name, ...done }, 'job done')
      return 'done'
    } catch (err) {
      log.error({ err, job: name }, 'job failed; its next run tries again')
      return 'failed'
    } finally {
      running.delete(name)
    }
  }
}

/** Puts a schedule where it is missing, differs or has been forgotten; one that is fine keeps its rhythm. */
async function assertSchedule(queue: Queue, { name, everyMs }: ScheduledJob): Promise<void> {
  const known = await queue.getJobScheduler(name)
  const overdue = Date.now() - (known?.next ?? 0) > 2 * everyMs + 60_000
  if (known?.every === everyMs && !overdue) return
  await queue.upsertJobScheduler(name, { every: everyMs }, { name, opts: KEPT })
}
