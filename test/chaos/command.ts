import path from 'node:path'
import { InvalidArgumentError } from 'commander'
import { onStopSignal } from '#platform/process/stop-signals'
import { commandLine, parse } from '../../dev/command-line.ts'
import { InstanceSet, SetupError, tryLock } from '../../dev/services/index.ts'
import { didYouMean } from '../../src/cli/terminal/suggest.ts'
import { RIDES } from '../../examples/rides/chaos/rides.ts'
import { createDice } from './dice.ts'
import { FAULT_NAMES, FAULTS, type FaultName } from './faults/faults.ts'
import { isGood, print, printPromises } from './report.ts'
import { run, type RunOptions } from './run.ts'
import { SHOP } from './shop/shop.ts'
import type { Subject } from './subject.ts'
import { needs, playScenario, SCENARIO_NAMES, SCENARIOS, type ScenarioName } from './scenarios/scenarios.ts'
import { openWorld } from './world/world.ts'

interface Options extends RunOptions {
  scenarios: readonly ScenarioName[]
}

type Say = (line: string) => void

const sayLine: Say = (line) => void process.stdout.write(`${line}\n`)

const SUBJECTS: Readonly<Record<string, Subject>> = { shop: SHOP, rides: RIDES }

interface Flags extends Omit<Options, 'durationMs' | 'settleMs' | 'faults' | 'scenarios' | 'subject'> {
  of: Subject
  minutes: number
  settle: number
  faults?: readonly FaultName[]
  scenario?: readonly ScenarioName[]
  list?: boolean
}

const EXAMPLES = `
Examples:
  npm run chaos -- --orders 300 --minutes 2 --seed 1      every kind of fault once
  npm run chaos -- --of rides --orders 2000 --minutes 2 --seed 1
  npm run chaos -- --faults kill-worker,half-open
  npm run chaos -- --scenario all`

/** The command line. @returns the exit code: 0 when every promise was kept, 1 when not, 2 for wrong usage */
export async function chaosCommand(args: string[], say: Say = sayLine): Promise<number> {
  let good = true
  const program = commandLine(
    'npm run chaos --',
    'Places orders while it breaks a system of its own, and holds the books.',
  )
    .option('--of <system>', `whose system: ${Object.keys(SUBJECTS).join(', ')}`, subject, SHOP)
    .option('--orders <n>', 'how many customers come', number, 300)
    .option('--minutes <m>', 'for how long they come', number, 2)
    .option(
      '--seed <s>',
      'decides orders and faults; the same seed plans the same (default: drawn, and printed)',
      number,
    )
    .option(
      '--faults <names>',
      'only these, separated by commas; none: a run without any (default: all)',
      names(FAULT_NAMES),
    )
    .option('--settle <s>', 'seconds after which everything must have come to its end', number, 120)
    .option('--keep', 'leave services and logs for a look', false)
    .option('--scenario <names>', 'play these instead, one after the other; all: every one', names(SCENARIO_NAMES))
    .option('--list', 'list faults and scenarios')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Partial<Flags>) => {
      if (flags.list) list(say)
      else good = await runAlone(optionsOf(flags as Flags), say)
    })
  const code = await parse(program, args)
  return good ? code : 1
}

const optionsOf = ({
  of,
  minutes,
  settle,
  faults = FAULT_NAMES,
  scenario: scenarios = [],
  ...flags
}: Flags): Options => ({
  ...flags,
  subject: of,
  seed: flags.seed ?? Math.floor(Math.random() * 1_000_000),
  durationMs: minutes * 60_000,
  settleMs: settle * 1_000,
  faults,
  scenarios,
})

function list(say: Say): void {
  for (const name of FAULT_NAMES) say(`${name.padEnd(18)}${FAULTS[name].summary}`)
  say('')
  for (const name of SCENARIO_NAMES) say(`${name.padEnd(18)}${SCENARIOS[name].summary}`)
}

async function runAlone(options: Options, say: Say): Promise<boolean> {
  const set = InstanceSet.open('chaos')
  const unlock = tryLock(path.join(set.folder, 'chaos.lock'))
  if (!unlock) throw new SetupError('A chaos run is under way in this project: wait for its end.')
  try {
    const good = await (options.scenarios.length > 0 ? playAll : runOnce)(set, options, say)
    if (!good) say(`The logs are in ${path.join(set.folder, 'logs')}.`)
    return good
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
    const world = await openWorld(set, createDice(seed), () => {}, { ...needs(name), subject: SHOP })
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

function subject(text: string): Subject {
  const found = SUBJECTS[text]
  if (found) return found
  throw new InvalidArgumentError(`There are: ${Object.keys(SUBJECTS).join(', ')}.`)
}

function number(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new InvalidArgumentError('This must be a number of 0 or more.')
}

/** Names separated by commas; `all` are all of them, `none` none. */
const names =
  <Name extends string>(known: readonly Name[]) =>
  (text: string): readonly Name[] => {
    if (text === 'all') return known
    if (text === 'none') return []
    const given = text.split(',').filter(Boolean) as Name[]
    const unknown = given.find((name) => !known.includes(name))
    if (unknown === undefined) return given
    throw new InvalidArgumentError(
      `There is no ${unknown}.${didYouMean(unknown, known)} There are: ${known.join(', ')}.`,
    )
  }

/** Rejects when somebody wants the run to end. */
function interruption(): Promise<never> {
  const interrupted = new Promise<never>((_, reject) => {
    onStopSignal((signal) => reject(new SetupError(`Ended by ${signal}; there is no verdict.`)))
  })
  interrupted.catch(() => {}) // nobody may be listening yet
  return interrupted
}
