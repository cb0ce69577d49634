import { Argument, InvalidArgumentError } from 'commander'
import { onStopSignal } from '#platform/process/stop-signals'
import { commandLine, parse } from '../dev/command-line.ts'
import { SetupError } from '../dev/services/index.ts'
import { runRounds, type Options } from './benchmark.ts'
import { BENCHMARKS, scheduleOf, USUAL } from './benchmarks.ts'
import { openEnvironment, type Environment } from './environment/environment.ts'
import { guard } from './guard/guard.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { showResult, writeReport } from './report.ts'
import { readResults, saveResults, type Result } from './results.ts'

const WHAT = `
  accept relay react flow latency   against baselines measured in the same run; all of them without a name
  growth                            the same work with more and more events stored
  peers                             the same small flow in other ways: pace, and what kill -9 loses or doubles
  overhead                          what metrics, traces and roll-ups cost
  personal                          what sealing names and addresses costs
  guard                             short rounds until each committed ratio has held; fails on a loss that repeats
  report                            writes docs/performance.md from the committed results`

/** @returns the exit code */
export async function benchCommand(args: string[]): Promise<number> {
  let code = 0
  const what = new Argument('[what...]', 'one or more of these').choices([
    ...Object.keys(BENCHMARKS),
    'guard',
    'report',
  ])
  const program = commandLine('npm run bench --', 'Measures this installation against the limits of its machine.')
    .addArgument(what)
    .option('--rounds <n>', 'rounds of each side (5; overhead 6, peers 2, guard at most 3)', positive)
    .option('--seconds <s>', 'length of one run (8; overhead 20, guard 1, peers 4)', positive)
    .option('--events <list>', 'stored events for growth', (list) => list.split(',').map(positive), [1e4, 1e5, 1e6])
    .option('--record', 'into the committed results and docs/performance.md')
    .addHelpText('after', WHAT)
    .action(async (names: string[], given: Given) => {
      code = await run(names.length > 0 ? names : USUAL, given, args)
    })
  return (await parse(program, args)) || code
}

type Given = Partial<Options> & Pick<Options, 'events'> & { record?: true }

const LENGTHS: Record<string, Pick<Options, 'rounds' | 'seconds'>> = {
  guard: { rounds: 3, seconds: 1 },
  // A few per cent are to be seen, and roll-ups come every ten seconds.
  overhead: { rounds: 6, seconds: 20 },
  peers: { rounds: 2, seconds: 4 },
}

function positive(text: string): number {
  if (Number(text) > 0 && Number(text) < Infinity) return Number(text)
  throw new InvalidArgumentError('A positive number is needed.')
}

async function run(names: string[], { record, ...given }: Given, args: string[]): Promise<number> {
  const options = (name: string): Options => ({ ...(LENGTHS[name] ?? { rounds: 5, seconds: 8 }), ...given })
  if (names.includes('report')) return report()
  if (names.includes('guard')) return inEnvironment((environment) => guard(environment, options('guard')))
  const results: Record<string, Result> = {}
  const command = `npm run bench -- ${args.filter((arg) => arg !== '--record').join(' ')}`.trim()
  for (const name of names) {
    const result = await inEnvironment((environment) => measure(environment, name, options(name)))
    showResult((results[name] = { command, ...result }))
  }
  if (!record) return 0
  await saveResults(results)
  return report()
}

/** Everything that was started has ended when this resolves, and when it is interrupted. */
async function inEnvironment<T>(work: (environment: Environment) => Promise<T>): Promise<T> {
  const environment = await openEnvironment()
  try {
    return await Promise.race([work(environment), interrupted()])
  } finally {
    await environment.close()
  }
}

function interrupted(): Promise<never> {
  return new Promise((_resolve, reject) => {
    onStopSignal((signal) => reject(new SetupError(`Interrupted by ${signal}.`)))
  })
}

async function measure(environment: Environment, name: string, options: Options): Promise<Omit<Result, 'command'>> {
  const machine = describeMachine()
  console.log(`\n${name}`)
  const benchmark = BENCHMARKS[name]!(environment, options)
  const { title, method, ratios, settings } = benchmark
  return {
    title,
    method,
    at: new Date().toISOString(),
    commit: describeCommit(),
    machine,
    versions: environment.versions,
    settings: { rounds: options.rounds, 'seconds per run': options.seconds, ...settings },
    figures: await runRounds(benchmark, ratios, scheduleOf(environment, options)),
    tables: (await benchmark.tables?.()) ?? [],
  }
}

function report(): number {
  console.log(`${writeReport(readResults())} written`)
  return 0
}
