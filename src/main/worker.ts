import {
  createNames,
  createWakeUp,
  findWorkers,
  loadWorkers,
  runWorker,
  selectWorkers,
  subscribe,
  TopologyMismatch,
} from '#messaging'
import { StartupError } from '#platform/config'
import { runProcess, type ProcessContext } from '#platform/shutdown'
import { openMessaging, WORKERS } from './messaging.ts'
import { serveMetrics } from './metrics.ts'

const wanted = process.argv.slice(2).filter((argument) => argument !== '--list')

if (process.argv.includes('--list')) await list()
else await runProcess('worker', react)

async function react(context: ProcessContext) {
  const { log, onStop } = context
  const workers = await loadWorkers(selectWorkers(findWorkers(WORKERS), wanted))
  const messaging = openMessaging(`worker ${wanted.join(' ') || 'all'}`, context)
  await subscribe(messaging.db, workers)
  const wakeUp = createWakeUp(messaging.pool)
  const running = await Promise.all(workers.map((worker) => runWorker(worker, { ...messaging, wakeUp }))).catch(
    asStartupError,
  )
  onStop(() => Promise.all(running.map(({ stop }) => stop())))
  await serveMetrics(context)
  log.info({ reactions: workers.map(({ name }) => name) }, 'reacting')
}

function asStartupError(error: Error): never {
  throw error instanceof TopologyMismatch ? new StartupError(error.message) : error
}

/** Prints the reactions there are, what they are on and their queue, without connecting to anything. */
async function list() {
  const names = createNames()
  for (const { name, on } of await loadWorkers(selectWorkers(findWorkers(WORKERS), wanted))) {
    process.stdout.write(`${name}\n  on     ${on.map(({ type }) => type).join(', ')}\n  queue  ${names.queue(name)}\n`)
  }
}
