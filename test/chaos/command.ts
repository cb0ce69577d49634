import path from 'node:path'
import { parseArgs } from 'node:util'
import { InstanceSet, SetupError, tryLock } from '../../scripts/services/index.ts'
import { FAULT_NAMES, FAULTS, type FaultName } from './faults.ts'
import { isGood, print } from './report.ts'
import { run, type RunOptions } from './run.ts'

const USAGE = `npm run chaos -- [options]
  --orders N       how many customers come. Default 300
  --minutes M      for how long they come. Default 2
  --seed S         decides orders and faults; the same seed plans the same. Default: drawn, and printed
  --faults a,b     only these. Default: all
  --settle S       seconds after which everything must have come to its end. Default 120
  --keep           leaves services and logs for a look
  --list           lists the faults`

/** The command line. @returns the exit code: 0 when every promise was kept */
export async function chaosCommand(args: string[], say: (line: string) => void): Promise<number> {
  const options = readOptions(args)
  if (options === 'list') {
    for (const name of FAULT_NAMES) say(`${name.padEnd(18)}${FAULTS[name].summary}`)
    return 0
  }
  const set = InstanceSet.open('chaos')
  const unlock = tryLock(path.join(set.folder, 'chaos.lock'))
  if (!unlock) throw new SetupError('A chaos run is under way in this project: wait for its end.')
  try {
    const report = await run(set, options, say, interruption())
    print(report, say)
    if (!isGood(report)) say(`The logs are in ${path.join(set.folder, 'logs')}.`)
    return isGood(report) ? 0 : 1
  } finally {
    unlock()
  }
}

function readOptions(args: string[]): RunOptions | 'list' {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    args,
    options: {
      orders: text,
      minutes: text,
      seed: text,
      faults: text,
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
    faults: readFaults(values.faults),
    settleMs: readNumber('settle', values.settle ?? '120') * 1_000,
    keep: values.keep,
  }
}

function readNumber(name: string, text: string): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0) return number
  throw new SetupError(`--${name} is ${text}, and must be a number of 0 or more.\n${USAGE}`)
}

function readFaults(text: string | undefined): readonly FaultName[] {
  if (text === undefined) return FAULT_NAMES
  const names = text.split(',').filter(Boolean)
  const unknown = names.filter((name) => !(FAULT_NAMES as string[]).includes(name))
  if (unknown.length > 0)
    throw new SetupError(`--faults names no fault: ${unknown.join(', ')}. There are: ${FAULT_NAMES.join(', ')}.`)
  return names as FaultName[]
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
