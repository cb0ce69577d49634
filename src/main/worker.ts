import { parseArgs } from 'node:util'
import {
  createNames,
  createWakeUp,
  findReactions,
  loadReactions,
  retire,
  runReaction,
  selectReactions,
  subscribe,
  TopologyMismatch,
} from '#messaging'
import { StartupError } from '#platform/config'
import { openDatabase } from '#platform/database'
import { checkSettings } from '#platform/settings'
import { endWithSentence, runProcess, type ProcessContext } from '#platform/shutdown'
import { onceReachable, openMessaging, WORKERS } from './messaging.ts'
import { serveMetrics } from './metrics.ts'

const { positionals: wanted, values: flags } = readArguments()

if (flags.list) await list().catch(endWithSentence)
else await runProcess('worker', flags.retire ? retireAll : react)

function readArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: { list: { type: 'boolean' }, retire: { type: 'boolean' } } })
  } catch (error) {
    return endWithSentence(new StartupError((error as Error).message))
  }
}

async function react(context: ProcessContext) {
  const { log, onStop } = context
  const workers = await loadReactions(selectReactions(findReactions(WORKERS), wanted))
  checkSettings()
  const messaging = openMessaging(`worker ${wanted.join(' ') || 'all'}`, context, 'by-key')
  await onceReachable(context, () => subscribe(messaging.db, workers))
  const wakeUp = createWakeUp(messaging.pool)
  const running = await Promise.all(workers.map((worker) => runReaction(worker, { ...messaging, wakeUp }))).catch(
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
  const workers = await loadReactions(selectReactions(findReactions(WORKERS), wanted))
  const told = workers.map(
    ({ name, on }) => `${name}\n  on     ${on.map(({ type }) => type).join(', ')}\n  queue  ${names.queue(name)}\n`,
  )
  process.stdout.write(told.join('')) // at once: the reader may close the pipe after the first lines
}

/** Forgets reactions whose files are gone, so that nothing waits for them or is delivered to them any more. */
async function retireAll({ config }: ProcessContext) {
  const present = findReactions(WORKERS).filter(({ name }) => wanted.includes(name))
  if (present.length > 0)
    throw new StartupError(`${present[0]!.file} still defines ${present[0]!.name}: remove the file first.`)
  if (wanted.length === 0)
    throw new StartupError('Name the reaction to retire: npm run worker -- --retire <folder>.<file>.')
  const { db, close } = openDatabase(config.DATABASE_URL)
  const queues = createNames(config.MESSAGING_NAMESPACE)
  for (const name of wanted) {
    const known = await retire(db, name)
    const said = known ? `is retired. Its queue ${queues.queue(name)} can be deleted` : 'was not subscribed to anything'
    process.stdout.write(`${name} ${said}.\n`)
  }
  await close()
  process.exit(0)
}
