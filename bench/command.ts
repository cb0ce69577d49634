import path from 'node:path'
import { parseArgs } from 'node:util'
import { PROJECT, SetupError } from '../dev/services/index.ts'
import { guard } from './guard.ts'
import { readMeasurements, type Measurement } from './measurements.ts'
import type { Options } from './options.ts'
import { writeReport } from './report.ts'
import { LATEST, REFERENCE, readResults, writeResults, type Results } from './results.ts'
import { measure } from './run.ts'
import { topFunctions } from './profile.ts'
import { showResult } from './terminal.ts'

const USAGE = `npm run bench -- [what …] [options]
  accept relay react flow latency   against limits measured in the same run; all of them without a name
  styles                            the same orders by direct calls and by events
  peers                             the same flow in other ways: pace, and what kill -9 loses or doubles
  scale                             replicas, growth, demand, partitions and tenants together
  soak                              the whole shop under steady load; fails when memory or connections grow
  growth                            cost with many events stored
  demand                            what an order asks of each part, and what 10, 100, 1000 times as many would
  replicas, partitions, tenants     more processes of one reaction; more publishers and queues; more shops
  guard                             a short run against the committed ratios; fails on a loss beyond noise
  report                            writes docs/performance.md from the committed results

  --rounds N      rounds of each side                          (5; peers 3)
  --seconds S     length of one run                            (8; peers 4)
  --json file     where the results go                         (bench/results/latest.json)
  --save          into the committed results and docs/performance.md
  --without-mail  flow without the mail catcher and the reaction that mails
  --reaction NAME react with this reaction to order.placed only
  --flush-us N    as on a disk that takes so many microseconds for a commit, for the limits as for us
  --peer NAME     peers with this one only, such as bullmq; fanfare is one of them
  --events LIST   stored events for scale, such as 1e4,1e5,1e6 (that)
  --minutes N     length of the soak                           (20)
  --rate N        orders a second during the soak              (30)
  --profile       processor profiles of our processes and their most expensive functions`

/** @returns the exit code */
export async function benchCommand(args: string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      json: { type: 'string' },
      save: { type: 'boolean', default: false },
      'without-mail': { type: 'boolean', default: false },
      reaction: { type: 'string' },
      'flush-us': { type: 'string' },
      peer: { type: 'string' },
      events: { type: 'string', default: '1e4,1e5,1e6' },
      minutes: { type: 'string' },
      rate: { type: 'string' },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) throw new SetupError(USAGE)
  if (positionals.includes('report')) return report()
  const short = positionals.includes('guard')
  const options: Options = {
    rounds: number('rounds', values.rounds, short ? 3 : 5),
    seconds: number('seconds', values.seconds, short ? 1 : 8),
    withoutMail: values['without-mail'],
    reaction: values.reaction,
    flushUs: values['flush-us'] === undefined ? 0 : number('flush-us', values['flush-us'], 0),
    peer: values.peer,
    events: values.events.split(',').map((text) => number('events', text, 0)),
    minutes: number('minutes', values.minutes, 20),
    rate: number('rate', values.rate, 30),
    profiles: values.profile ? path.join(PROJECT, '.fanfare/bench/profiles') : undefined,
  }
  if (short) return guard(options)
  if (values.save && values.peer) throw new SetupError('A single peer is for trying: the table compares all of them.')
  const plan = readMeasurements(positionals, USAGE).map((one) => ({
    one,
    options: {
      ...options,
      ...one.usual,
      ...(values.rounds && { rounds: options.rounds }),
      ...(values.seconds && { seconds: options.seconds }),
    },
  }))
  const results = await runAll(plan, command(args))
  const file = values.save ? REFERENCE : path.resolve(values.json ?? LATEST)
  writeResults(file, results)
  console.log(`\nResults in ${path.relative(PROJECT, file)}`)
  if (options.profiles) topFunctions(options.profiles)
  if (values.save) report()
  return Object.values(results).some(({ failures = [] }) => failures.length > 0) ? 1 : 0
}

async function runAll(plan: readonly { one: Measurement; options: Options }[], told: string): Promise<Results> {
  const results: Results = {}
  for (const { one, options } of plan) {
    const result = await measure(one, options, told)
    results[result.name] = result
    showResult(result)
  }
  return results
}

function report(): number {
  console.log(`${writeReport(readResults(REFERENCE))} written`)
  return 0
}

const command = (args: string[]) => `npm run bench -- ${args.filter((arg) => arg !== '--save').join(' ')}`.trim()

function number(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new SetupError(`--${name} ${text} is not a positive number.`)
}
