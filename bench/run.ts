import type { Options } from './options.ts'
import { hold, type Schedule } from './contest.ts'
import { describeCommit, describeMachine } from './machine.ts'
import type { Measurement } from './measurements.ts'
import type { Result } from './results.ts'
import { openStage, type Stage } from './stage/stage.ts'

/** One measurement on a stage of its own. */
export async function measure(measurement: Measurement, options: Options, command: string): Promise<Result> {
  const machine = describeMachine()
  console.log(`\n${measurement.name}`)
  return onStage(options, async (stage, schedule) => {
    const { outcome, ...told } = await perform(measurement, stage, options, schedule)
    return {
      ...asOn(options, told),
      at: new Date().toISOString(),
      commit: describeCommit(),
      command,
      machine,
      versions: stage.versions,
      settings: { rounds: options.rounds, 'seconds per run': options.seconds, ...asOn(options, told).settings },
      ...outcome,
    }
  })
}

/** Everything that was started on the stage has ended when this resolves, and when it is interrupted. */
export async function onStage<T>(options: Options, work: (stage: Stage, schedule: Schedule) => Promise<T>): Promise<T> {
  const say = (line: string) => console.log(line)
  const stage = await openStage(options, say)
  try {
    return await Promise.race([work(stage, { ...options, settle: stage.checkpoint, say }), interrupted()])
  } finally {
    await stage.close()
  }
}

async function perform(measurement: Measurement, stage: Stage, options: Options, schedule: Schedule) {
  if ('contest' in measurement) {
    const contest = await measurement.contest(stage, options)
    const { name, title, method, settings } = contest
    return {
      name,
      title,
      method,
      settings,
      outcome: { ...(await hold(contest, schedule)), tables: (await contest.tables?.()) ?? [] },
    }
  }
  const { tables, failures = [], ...told } = await measurement.tables(stage, options, schedule)
  return { ...told, outcome: { figures: [], samples: {}, tables, failures } }
}

/** A slower disk makes it another measurement. */
function asOn<Told extends Pick<Result, 'name' | 'title' | 'settings'>>({ flushUs }: Options, told: Told): Told {
  if (flushUs === 0) return told
  const ms = flushUs / 1_000
  return {
    ...told,
    name: `${told.name}-flush-${ms}ms`,
    title: `${told.title}, commits of ${ms} ms`,
    settings: { ...told.settings, 'commit_delay ms': ms },
  }
}

function interrupted(): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => reject(new Error(`interrupted by ${signal}`)))
  })
}
