import { Queue, Worker } from 'bullmq'
import { atMost } from '#platform/process/in-time'
import type { Logger } from '#platform/log/logger'
import { Counter } from '#platform/metrics'
import { inSpan } from '#platform/tracing'
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
  /** Runs one of the jobs at once, in this process and once; it is not tried again. Undefined for an unknown name. @throws what the job throws */
  run(name: string): Promise<'done' | 'still running' | undefined>
  /** Waits for the jobs under way, at most `graceMs` (default 10 seconds); longer ones are cut off and run again. */
  stop(graceMs?: number): Promise<void>
}

const QUEUE = 'schedules'
/** A run that fails is tried again after 1, 2, 4 and 8 seconds; then the next one by the clock is its turn. */
const ATTEMPTS = { attempts: 5, backoff: { type: 'exponential', delay: 1_000 } }
const KEPT = { ...ATTEMPTS, removeOnComplete: { count: 20 }, removeOnFail: { count: 100 } }

const jobRuns = new Counter({
  name: 'fanfare_job_runs_total',
  help: 'Runs of scheduled jobs, by what became of them.',
  labelNames: ['job', 'outcome'],
})

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
  const worker = new Worker(
    QUEUE,
    async ({ name, attemptsMade }) => (await run(name, attemptsMade + 1)) ?? ofAnotherRelease(name),
    {
      ...shared,
      concurrency: jobs.length,
    },
  )
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
    run: (name) => run(name, ATTEMPTS.attempts),
    async stop(graceMs = 10_000) {
      clearInterval(timer)
      const closing = worker.close().then(() => queue.close())
      await atMost(graceMs, closing)
      link.close()
    },
  }
}

/** Runs a job by its name, not twice at once in this process. Answers undefined for an unknown name. */
function createRunner(jobs: readonly ScheduledJob[], log: Logger) {
  const running = new Set<string>()
  return async (name: string, attempt: number): Promise<'done' | 'still running' | undefined> => {
    const job = jobs.find((candidate) => candidate.name === name)
    if (!job) return undefined
    if (running.has(name)) return 'still running'
    running.add(name)
    try {
      // What publishes begins a trace; looking around every ten seconds would only fill the store of traces.
      const done = await (job.publishes ? inSpan(`job ${name}`, { root: true }, job.run) : job.run())
      jobRuns.inc({ job: name, outcome: 'done' })
      if (done) log.info({ job: name, ...done }, 'job done')
      return 'done'
    } catch (err) {
      jobRuns.inc({ job: name, outcome: 'failed' })
      const told = { err, job: name, attempt }
      if (attempt < ATTEMPTS.attempts) log.warn(told, `job failed; tried again in ${2 ** (attempt - 1)} s`)
      else log.error(told, 'job failed; its next run tries again')
      throw err
    } finally {
      running.delete(name)
    }
  }
}

/** Puts a schedule where it is missing, differs or has been forgotten; one that is fine keeps its rhythm. */
async function assertSchedule(queue: Queue, { name, everyMs }: ScheduledJob): Promise<void> {
  const known = await queue.getJobScheduler(name)
  const overdue = Date.now() - (known?.next ?? 0) > 2 * everyMs + 60_000
  const retried = known?.template?.opts?.attempts === ATTEMPTS.attempts
  if (known?.every === everyMs && retried && !overdue) return
  await queue.upsertJobScheduler(name, { every: everyMs }, { name, opts: KEPT })
}
