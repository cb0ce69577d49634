import { parseArgs } from 'node:util'
import {
  catchUp,
  createNames,
  createWakeUp,
  findReactions,
  listenForWakeUps,
  loadProjections,
  loadReactions,
  register,
  retire,
  runProjections,
  runUnlessPaused,
  selectReactions,
  strangeSubscriptions,
  subscribe,
  TopologyMismatch,
  type Projection,
  type RunningReaction,
} from '#messaging'
import { directUrl, StartupError } from '#platform/config'
import { expectMasterKeys } from '#platform/sealing'
import { checkSettings } from '#platform/settings'
import { endWithSentence, runProcess, type ProcessContext } from '#platform/process/shutdown'
import { connectionsMissing } from './connections.ts'
import { openMessaging, WORKERS } from './messaging.ts'
import { serveMetrics } from './metrics.ts'
import { onceReachable } from './reach-database.ts'
import { reportRunning } from './report-running.ts'

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
  const selected = selectReactions(findReactions(WORKERS), wanted)
  const [loaded, projections] = await Promise.all([loadReactions(selected), loadProjections(selected)])
  checkSettings()
  const workers = loaded.filter(({ enabled }) => enabled())
  const off = loaded.filter((reaction) => !workers.includes(reaction)).map(({ name }) => ({ name, on: [] }))
  const busy = [...workers, ...projections.map(() => ({ concurrency: 1 }))]
  const missing = connectionsMissing(busy, context.config.DATABASE_POOL)
  if (missing) log.warn(missing)
  const messaging = openMessaging(`worker ${wanted.join(' ') || 'all'}`, context, 'by-key')
  let waitsFor: string | undefined = 'PostgreSQL'
  await serveMetrics(context, () => waitsFor)
  const joined = await onceReachable(context, async () => {
    await expectMasterKeys(messaging.db)
    return subscribe(messaging.db, workers)
  })
  for (const { reaction, eventType } of await strangeSubscriptions(messaging.db, workers)) {
    const what = { reaction, type: eventType }
    log.info(what, `subscribed to a type that this release does not know: of a newer release, or to be retired`)
  }
  for (const { reaction, eventType } of await strangeSubscriptions(messaging.db, off))
    log.warn({ reaction, type: eventType }, 'it is off here, and events wait for it: set what it needs, or retire it')
  const runs = [...namesOf(workers), ...namesOf(projections)].toSorted()
  await reportRunning({ ...messaging, service: 'worker', runs }, context)
  await project(projections, messaging, context)
  waitsFor = 'RabbitMQ'
  const wakeUp = createWakeUp(messaging.pool)
  const begun: RunningReaction[] = []
  onStop(() => Promise.all(begun.map(({ stop }) => stop())))
  const runtime = { ...messaging, wakeUp, onBegun: (running: RunningReaction) => void begun.push(running) }
  await runUnlessPaused(workers, runtime).catch(asStartupError)
  await catchUp(messaging, joined)
  waitsFor = undefined
  log.info({ reactions: namesOf(workers), projections: namesOf(projections), off: namesOf(off) }, 'reacting')
}

function namesOf(those: readonly { name: string }[]) {
  return those.map(({ name }) => name)
}

/** Projections need PostgreSQL alone. */
async function project(
  projections: readonly Projection[],
  messaging: ReturnType<typeof openMessaging>,
  { config, log, onStop }: ProcessContext,
) {
  if (projections.length === 0) return
  await register(messaging.db, projections)
  const running = runProjections(projections, messaging)
  onStop(running.stop)
  const wakeUps = listenForWakeUps(directUrl(config), log, running.wake)
  onStop(wakeUps.close)
}

function asStartupError(error: Error): never {
  throw error instanceof TopologyMismatch ? new StartupError(error.message) : error
}

/** Prints the reactions and projections there are, what they are on and their queue, without connecting to anything. */
async function list() {
  const names = createNames()
  const selected = selectReactions(findReactions(WORKERS), wanted)
  const [workers, projections] = await Promise.all([loadReactions(selected), loadProjections(selected)])
  const head = ({ name, on }: { name: string; on: readonly { type: string }[] }) =>
    `${name}\n  on     ${on.map(({ type }) => type).join(', ')}\n`
  const told = [
    ...workers.map((worker) => `${head(worker)}  queue  ${names.queue(worker.name)}\n`),
    ...projections.map((projection) => `${head(projection)}  tables ${projection.schema}\n`),
  ]
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

/** @throws StartupError when this release still wants it, here: its next start would subscribe again */
async function expectUnwanted(name: string, type: string | undefined) {
  const file = findReactions(WORKERS).find((found) => found.name === name)
  if (!file) return
  const [reaction] = await loadReactions([file])
  if (reaction?.enabled() === false) return
  if (type === undefined) throw new StartupError(`${file.file} still defines ${name}: remove the file first.`)
  if (reaction?.on.some((on) => on.type === type))
    throw new StartupError(`${file.file} is still on ${type}: take it out of \`on\` and deploy that first.`)
}
