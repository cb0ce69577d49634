import path from 'node:path'
import { parseArgs } from 'node:util'
import { findReactions } from '../../src/messaging/reactions/load-reactions.ts'
import { InstanceSet, PROJECT, SetupError, tryLock } from '../services/index.ts'
import { say } from '../../src/cli/terminal/output.ts'
import { styled } from '../../src/cli/terminal/style.ts'
import { LOGS } from './console.ts'
import { planWorkers, readScale, type WorkerProcess } from './plan.ts'
import { placeSampleOrder } from './sample-order.ts'
import { System } from './system.ts'

/** Brings the whole system up, shows one order going through it, and stays until Ctrl-C. */
export async function startCommand(args: string[]): Promise<void> {
  const workers = readPlan(args)
  const set = InstanceSet.open('dev')
  const unlock = tryLock(path.join(set.folder, 'start.lock'))
  if (!unlock)
    throw new SetupError('npm start already runs in this project: use that one, or stop it there with Ctrl-C.')
  const system = new System(set, readPort(process.env['PORT'] || '3000'))
  const stopAsked = untilAskedToStop(system)
  try {
    await Promise.race([bringUp(system, workers), stopAsked])
    await stopAsked
    say('\nStopping …')
  } finally {
    await system.stop()
    unlock()
  }
  say('Stopped. The data is kept; npm run services -- reset deletes it.')
  process.exit()
}

async function bringUp(system: System, workers: WorkerProcess[]): Promise<void> {
  const seconds = stopwatch()
  await system.start(workers)
  say(`\nFanfare is up after ${seconds()} s, with ${workers.length} worker processes.\n`)
  for (const [what, where] of system.places()) say(`  ${what.padEnd(10)} ${where}`)
  say(`  ${'Logs'.padEnd(10)} ${path.relative(PROJECT, LOGS)} (warnings and errors are shown here too)\n`)
  if (system.isProduction) say('NODE_ENV is production, so there is no demo key and no sample order.')
  else await placeSampleOrder(system.api)
  say(`\n${styled('dim', 'Ctrl-C stops everything.')}`)
}

function readPlan(args: string[]): WorkerProcess[] {
  const { values } = parseArgs({ args, options: { scale: { type: 'string', multiple: true } } })
  const reactions = findReactions(path.join(PROJECT, 'workers'))
  return planWorkers(reactions, readScale(values.scale ?? [], reactions))
}

function readPort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new SetupError(`PORT is ${text}, and must be a whole number from 1 to 65535.`)
}

/** npm passes Ctrl-C on to us although we got it ourselves: only a later one means "at once". */
function untilAskedToStop(system: System): Promise<void> {
  const seconds = stopwatch()
  let askedAt: number | undefined
  return new Promise((resolve) => {
    const onSignal = () => {
      askedAt ??= Number(seconds())
      if (Number(seconds()) - askedAt > 1) system.abandon()
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  })
}

function stopwatch(): () => string {
  const began = performance.now()
  return () => ((performance.now() - began) / 1_000).toFixed(1)
}
