import path from 'node:path'
import { parseArgs } from 'node:util'
import { InstanceSet, SetupError, tryLock } from '../../dev/services/index.ts'
import { createDice } from './dice.ts'
import { FAULT_NAMES, FAULTS } from './faults.ts'
import { isGood, print, printPromises } from './report.ts'
import { run, type RunOptions } from './run.ts'
import { needsCluster, playScenario, SCENARIO_NAMES, SCENARIOS, type ScenarioName } from './scenarios.ts'
import { openWorld } from './world.ts'

interface Options extends RunOptions {
  scenarios: readonly ScenarioName[]
}

type Say = (line: string) => void

const sayLine: Say = (line) => void process.stdout.write(`${line}\n`)

const USAGE = `npm run chaos -- [options]
  --orders N       how many customers come. Default 300
  --minutes M      for how long they come. Default 2
  --seed S         decides orders and faults; the same seed plans the same. Default: drawn, and printed
  --faults a,b     only these; none: a run without any. Default: all
  --settle S       seconds after which everything must have come to its end. Default 120
  --keep           leaves services and logs for a look
  --scenario a,b   plays these instead, one after the other; all: every one of them
  --list           lists faults and scenarios`

/** The command line. @returns the exit code: 0 when every promise was kept */
export async function chaosCommand(args: string[], say: Say = sayLine): Promise<number> {
  const options = readOptions(args)
  if (options === 'list') {
    for (const name of FAULT_NAMES) say(`${name.padEnd(18)}${FAULTS[name].summary}`)
    say('')
    for (const name of SCENARIO_NAMES) say(`${name.padEnd(18)}${SCENARIOS[name].summary}`)
    return 0
  }
  const set = InstanceSet.open('chaos')
  const unlock = tryLock(path.join(set.folder, 'chaos.lock'))
  if (!unlock) throw new SetupError('A chaos run is under way in this project: wait for its end.')
  try {
    const good = await (options.scenarios.length > 0 ? playAll : runOnce)(set, options, say)
    if (!good) say(`The logs are in ${path.join(set.folder, 'logs')}.`)
    return good ? 0 : 1
  } finally {
    unlock()
  }
}

async function runOnce(set: InstanceSet, options: Options, say: Say): Promise<boolean> {
  const report = await run(set, options, say, interruption())
  print(report, say)
  return isGood(report)
}

async function playAll(set: InstanceSet, { scenarios, seed, keep }: Options, say: Say): Promise<boolean> {
  const interrupted = interruption()
  let good = true
  for (const name of scenarios) {
    say(`\n${name}: ${SCENARIOS[name].summary}`)
    const world = await openWorld(set, createDice(seed), () => {}, { clustered: needsCluster(name) })
    try {
      const promises = await Promise.race([playScenario(world, name, seed, say), interrupted])
      printPromises(promises, say)
      good &&= promises.every(({ broken }) => broken.length === 0)
    } finally {
      await world.close(keep && name === scenarios.at(-1))
    }
  }
  return good
}

function readOptions(args: string[]): Options | 'list' {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    args,
    options: {
      orders: text,
      minutes: text,
      seed: text,
      faults: text,
      scenario: text,
      settle: text,
      keep: flag,
      list: flag,
      help: flag,
    },
  })
  if (values.help) throw new SetupError(USAGE)
  if (values.list) return 'list'
  return {
    orders: readNumber('orders', values.orders ?? '300'),
    durationMs: readNumber('minutes', values.minutes ?? '2') * 60_000,
    seed: readNumber('seed', values.seed ?? String(Math.floor(Math.random() * 1_000_000))),
    faults: readNames('faults', values.faults === 'none' ? '' : values.faults, FAULT_NAMES, FAULT_NAMES),
    settleMs: readNumber('settle', values.settle ?? '120') * 1_000,
    keep: values.keep,
    scenarios: readNames(
      'scenario',
      values.scenario === 'all' ? SCENARIO_NAMES.join(',') : values.scenario,
      SCENARIO_NAMES,
      [],
    ),
  }
}

function readNumber(name: string, text: string): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0) return number
  throw new SetupError(`--${name} is ${text}, and must be a number of 0 or more.\n${USAGE}`)
}

function readNames<Name extends string>(
  option: string,
  text: string | undefined,
  known: readonly Name[],
  byDefault: readonly Name[],
): readonly Name[] {
  if (text === undefined) return byDefault
  const names = text.split(',').filter(Boolean)
  const unknown = names.filter((name) => !(known as readonly string[]).includes(name))
  if (unknown.length > 0)
    throw new SetupError(`--${option}: there is no ${unknown.join(', ')}. There are: ${known.join(', ')}.`)
  return names as Name[]
}

/** Rejects when somebody wants the run to end. */
function interruption(): Promise<never> {
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new SetupError(`Ended by ${signal}; there is no verdict.`)))
  })
  interrupted.catch(() => {}) // nobody may be listening yet
  return interrupted
}
