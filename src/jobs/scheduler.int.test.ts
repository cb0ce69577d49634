import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { createLogger, type Logger } from '#platform/log/logger'
import { register } from '#platform/metrics'
import { deadline, placeOf, requireTestService, tcpProxy } from '#testing'
import type { ScheduledJob } from './scheduled-job.ts'
import { startScheduler, type Scheduler } from './scheduler.ts'

const url = requireTestService('TEST_REDIS_URL')
let namespace: string
let redis: Redis
const schedulers: Scheduler[] = []

beforeEach(() => {
  namespace = `test-${randomBytes(6).toString('hex')}`
  redis = new Redis(url)
})
afterEach(async () => {
  await Promise.all(schedulers.splice(0).map((scheduler) => scheduler.stop(2_000)))
  await forgetEverything()
  redis.disconnect()
})

/** As if Redis had been flushed, for this test's system alone. */
async function forgetEverything() {
  const keys = await redis.keys(`${namespace}:*`)
  if (keys.length > 0) await redis.del(...keys)
}

function start(jobs: readonly ScheduledJob[], { redisUrl = url, log = silent() } = {}): Scheduler {
  const scheduler = startScheduler({ redisUrl, namespace, jobs, log, reassertMs: 200 })
  schedulers.push(scheduler)
  return scheduler
}

const silent = () => createLogger('test', 'silent')

function aJob(name = 'test.count-runs') {
  const runs: Date[] = []
  const run = async () => {
    runs.push(new Date())
    return undefined
  }
  const job: ScheduledJob = { name, everyMs: 250, run }
  return { job, runs }
}

it('runs a job again and again', async () => {
  const { job, runs } = aJob()
  start([job])
  await deadline('three runs', () => runs.length >= 3)
})

it('keeps the rhythm although the schedules are asserted more often than jobs run', async () => {
  const { job, runs } = aJob()
  const began = Date.now()
  start([{ ...job, everyMs: 1_000 }])
  await deadline('three runs', () => runs.length >= 3)
  expect(runs[2]!.getTime() - began).toBeGreaterThan(1_000) // with a run for each assertion it would be half of that
})

it('shares the runs between processes', async () => {
  const { job, runs } = aJob()
  const began = Date.now()
  start([{ ...job, everyMs: 500 }])
  start([{ ...job, everyMs: 500 }])
  await deadline('six runs', () => runs.length >= 6)
  expect(runs[5]!.getTime() - began).toBeGreaterThan(1_900) // each for itself they would take half of it
})

it('goes on after a failed run', async () => {
  const { job, runs } = aJob()
  const failing = async () => {
    await job.run()
    throw new Error('broken')
  }
  start([{ ...job, run: failing }])
  await deadline('three runs', () => runs.length >= 3)
})

it('tries a failed run again soon, tells its cause and counts it', async () => {
  const { job, runs } = aJob('test.fail-once')
  const warnings: { err: Error; job: string; attempt: number }[] = []
  const log = { ...silent(), warn: (told: (typeof warnings)[number]) => warnings.push(told) } as unknown as Logger
  const failingOnce = async () => {
    await job.run()
    if (runs.length === 1) throw new Error('broken', { cause: new Error('a cable') })
    return undefined
  }
  start([{ ...job, everyMs: 3_600_000, run: failingOnce }], { log })
  await deadline('a second run', () => runs.length === 2)
  expect(warnings).toMatchObject([
    { err: { message: 'broken', cause: { message: 'a cable' } }, job: job.name, attempt: 1 },
  ])
  await deadline('both are counted', async () => {
    const text = await register.metrics()
    const count = (outcome: string) =>
      text.includes(`fanfare_job_runs_total{job="test.fail-once",outcome="${outcome}"} 1`)
    return count('failed') && count('done')
  })
})

it('puts the schedules back after Redis was flushed', async () => {
  const { job, runs } = aJob()
  start([job])
  await deadline('a run', () => runs.length > 0)
  await forgetEverything()
  const before = runs.length
  await deadline('runs after the flush', () => runs.length >= before + 2)
})

it('waits for Redis, says so once, and goes on when it is back', async () => {
  const proxy = await tcpProxy(placeOf(url))
  const { log, lines } = recordingLog()
  const { job, runs } = aJob()
  start([job], { redisUrl: proxy.through(url), log })
  await deadline('a run', () => runs.length > 0)
  proxy.leadTo({ host: '127.0.0.1', port: 1 })
  await deadline('the outage in the log', () => lines.some((line) => line.includes('Redis is away')))
  proxy.leadTo(placeOf(url))
  await deadline('the end of the outage in the log', () => lines.some((line) => line.includes('Redis answers again')))
  const before = runs.length
  await deadline('runs after the outage', () => runs.length > before)
  expect(lines.filter((line) => line.includes('Redis is away'))).toHaveLength(1)
  await schedulers.pop()!.stop(2_000)
  await proxy.close()
})

it('forgets the schedule of a job that no longer exists', async () => {
  const old = aJob('test.of-an-older-release')
  await start([old.job]).stop()
  const { job, runs } = aJob()
  start([job])
  await deadline('runs', () => runs.length >= 2)
  await deadline('one schedule', async () => (await redis.zrange(`${namespace}:schedules:repeat`, 0, -1)).length === 1)
})

it('stops at once while Redis is away', async () => {
  const scheduler = start([aJob().job], { redisUrl: 'redis://127.0.0.1:1' })
  const started = performance.now()
  await scheduler.stop(500)
  expect(performance.now() - started).toBeLessThan(10_000)
})

function recordingLog() {
  const lines: string[] = []
  const log = {
    ...silentMethods(),
    warn: (_: unknown, line: string) => lines.push(line),
    info: (given: unknown, line = given) => lines.push(String(line)),
  }
  return { log: log as unknown as Logger, lines }
}

const silentMethods = () => ({ error: () => {}, debug: () => {} })
