import path from 'node:path'
import { findReactions } from '../../src/messaging/load-workers.ts'
import { onStopSignal } from '../../src/platform/process/stop-signals.ts'
import { say } from '../../src/cli/terminal/output.ts'
import { styled } from '../../src/cli/terminal/style.ts'
import { commandLine, parse } from '../command-line.ts'
import { InstanceSet, PROJECT, SetupError, tryLock } from '../services/index.ts'
import { LOGS } from './console.ts'
import { planTogether, planWorkers, readScale, type WorkerProcess } from './plan.ts'
import { placeSampleOrder } from './sample-order.ts'
import { Steps } from './steps.ts'
import { System } from './system.ts'

const EXAMPLES = `
PORT is the port of the API (default 3000). METRICS_PORT is the first of the ports at which the processes serve /metrics,
/healthz and /readyz; the next ones follow. Everything listens on 127.0.0.1, unless HOST says otherwise. FANFARE_APT=no never installs anything with apt-get.

Example:
  npm start -- --scale inventory.reserve-stock=3 --scale notification=2
  npm run dev     is npm start -- --watch`

interface Options {
  scale: string[]
  together?: true
  watch?: true
}

/** Brings the whole system up, shows one order going through it, and stays until Ctrl-C. @returns the exit code */
export function startCommand(args: string[]): Promise<number> {
  const collect = (value: string, given: string[]) => [...given, value]
  const program = commandLine('npm start --', 'Brings the whole system up, places an order, and stays until Ctrl-C.')
    .option('--together', 'all reactions in one process, for a small machine: a failure of one can end all')
    .option('--scale <name=count>', 'processes of a reaction or of a folder; repeatable', collect, [])
    .option('--watch', 'run the sources as they are, and start a process again when one of its own changes')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => start(planner(options), options.watch))
  return parse(program, args)
}

async function start(plan: () => WorkerProcess[], watch = false): Promise<void> {
  const port = readPort('PORT') ?? 3000
  const metricsPort = readPort('METRICS_PORT')
  const set = InstanceSet.open('dev')
  const unlock = tryLock(path.join(set.folder, 'start.lock'))
  if (!unlock)
    throw new SetupError('npm start already runs in this project: use that one, or stop it there with Ctrl-C.')
  const system = new System(set, port, metricsPort)
  const stopAsked = untilAskedToStop(system)
  let kept: string | undefined
  try {
    await Promise.race([bringUp(system, plan, watch), stopAsked])
    await stopAsked
    say('\nStopping …')
  } catch (error) {
    say('\nIt does not start: what runs is being stopped …')
    throw error
  } finally {
    kept = await system.stop()
    unlock()
  }
  say(kept ?? 'Stopped. The data is kept; npm run services -- reset deletes it.')
  process.exit()
}

async function bringUp(system: System, plan: () => WorkerProcess[], watch: boolean): Promise<void> {
  const steps = new Steps()
  const workers = plan()
  try {
    await system.start(workers, steps, watch ? { watch: plan } : {})
  } finally {
    steps.end()
  }
  say(`\n${styled('bold', `Fanfare is up after ${steps.seconds} s`)}, with ${workersOf(workers.length)}.\n`)
  const places = [
    ['Console', await system.consolePlace()],
    ['', styled('dim', 'signs in once; npm run console gives another')],
    ...system.places(),
    ['Logs', `${path.relative(PROJECT, LOGS)} (warnings and errors are shown here too)`],
  ] as const
  for (const [what, where] of places) say(`  ${styled('bold', what.padEnd(10))} ${where}`)
  say()
  if (system.isProduction) say('NODE_ENV is production, so there is no demo key and no sample order.')
  else await placeSampleOrder(system.api)
  say(`\n${styled('dim', 'Ctrl-C stops everything.')}`)
}

const workersOf = (count: number) => `${count} worker process${count === 1 ? '' : 'es'}`

/** Plans processes for the reactions that are there at that moment. */
function planner({ scale, together }: Options): () => WorkerProcess[] {
  const found = () => findReactions(path.join(PROJECT, 'workers'))
  const plan = together ? planTogether : planWorkers
  const wishes = readScale(scale, found())
  return () => plan(found(), wishes)
}

/** Undefined when it is not set, or 0. */
function readPort(variable: 'PORT' | 'METRICS_PORT'): number | undefined {
  const text = process.env[variable]
  const port = Number(text || 0)
  if (Number.isInteger(port) && port >= 0 && port < 65_500) return port || undefined
  throw new SetupError(`${variable} is ${text}, and must be a whole number from 1 to 65499.`)
}

function untilAskedToStop(system: System): Promise<void> {
  return new Promise(
    (resolve) =>
      void onStopSignal(
        () => resolve(),
        () => system.abandon(),
      ),
  )
}
