import { parseArgs } from 'node:util'
import {
  catchUp,
  createNames,
  createWakeUp,
  findReactions,
  loadReactions,
  retire,
  runReaction,
  selectReactions,
  strangeSubscriptions,
  subscribe,
  TopologyMismatch,
  type RunningReaction,
} from '#messaging'
import { StartupError } from '#platform/config'
import { checkSettings } from '#platform/settings'
import { endWithSentence, runProcess, type ProcessContext } from '#platform/shutdown'
import { connectionsMissing } from './connections.ts'
import { openMessaging, WORKERS } from './messaging.ts'
import { serveMetrics } from './metrics.ts'
import { onceReachable } from './reach-database.ts'

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
  const missing = connectionsMissing(workers, context.config.DATABASE_POOL)
  if (missing) log.warn(missing)
  const messaging = openMessaging(`worker ${wanted.join(' ') || 'all'}`, context, 'by-key')
  let waitsFor: string | undefined = 'PostgreSQL'
  await serveMetrics(context, () => waitsFor)
  const joined = await onceReachable(context, () => subscribe(messaging.db, workers))
  for (const { reaction, eventType } of await strangeSubscriptions(messaging.db, workers)) {
    const what = { reaction, type: eventType }
    log.info(what, `subscribed to a type that this release does not know: of a newer release, or to be retired`)
  }
  waitsFor = 'RabbitMQ'
  const wakeUp = createWakeUp(messaging.pool)
  const begun: RunningReaction[] = []
  onStop(() => Promise.all(begun.map(({ stop }) => stop())))
  const runtime = { ...messaging, wakeUp, onBegun: (running: RunningReaction) => void begun.push(running) }
  await Promise.all(workers.map((worker) => runReaction(worker, runtime))).catch(asStartupError)
  await catchUp(messaging, joined)
  waitsFor = undefined
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

/** `<reaction>` or `<reaction>:<event type>`: what no release wants any more is not kept for it. */
async function retireAll(context: ProcessContext) {
  if (wanted.length === 0)
    throw new StartupError('Say what to retire: fanfare worker --retire <folder>.<file>[:<event type>].')
  const pairs = wanted.map((one) => one.split(':') as [string, string?])
  for (const [name, type] of pairs) await expectUnwanted(name, type)
  const messaging = openMessaging('retire', context, 'by-size')
  for (const [name, type] of pairs) {
    const retired = await retire(messaging, name, type)
    const said =
      retired.length === 0
        ? `was not subscribed to ${type ?? 'anything'}`
        : `gets no more of ${retired.join(', ')}${type ? '' : `; its queue ${messaging.names.queue(name)} can be deleted`}`
    process.stdout.write(`${name} ${said}.\n`)
  }
  await messaging.broker.close()
  await messaging.close()
  process.exit(0)
}

/** @throws StartupError when this release still wants it: its next start would subscribe again */
async function expectUnwanted(name: string, type: string | undefined) {
  const file = findReactions(WORKERS).find((found) => found.name === name)
  if (!file) return
  const [reaction] = await loadReactions([file])
  if (type === undefined) throw new StartupError(`${file.file} still defines ${name}: remove the file first.`)
  if (reaction!.on.some((on) => on.type === type))
    throw new StartupError(`${file.file} is still on ${type}: take it out of \`on\` and deploy that first.`)
}
