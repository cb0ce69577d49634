import path from 'node:path'
import { SingleBar } from 'cli-progress'
import { Command, InvalidArgumentError } from 'commander'
import { findReactions, loadReactions, planReplay, Refused, replay, type ReplayPlan } from '#messaging'
import { json, rate } from '../dead-letters/options.ts'
import { confirm, counted, EXIT, isTerminal, say, sayJson } from '../dead-letters/output.ts'
import { untilStopped } from '../dead-letters/stop.ts'
import { PROJECT } from '../services/index.ts'
import { withMessaging, type Messaging } from '../recovery/open.ts'
import { runCommand } from '../recovery/run-command.ts'

const HELP = `
Exit codes: 0 done · 1 failed or stopped · 2 wrong usage, or refused without changing anything

Events that the reaction has handled before are skipped. --again handles them a second time: empty the reaction's own
tables first, and expect whatever it publishes to be published again. docs/reconcile.md shows how to rebuild a projection.`

interface Flags {
  from: bigint
  type?: string[]
  again?: boolean
  dryRun?: boolean
  rate?: number
  yes?: boolean
  json?: boolean
}

/** npm run replay: history to one reaction. @returns the exit code */
export function replayCommand(args: string[]): Promise<number> {
  const program = new Command('npm run replay --')
    .description('Delivers events of the past to one reaction only, such as to one that was born later.')
    .argument('<reaction>', 'who gets them')
    .option('--from <position>', 'only events after this position of the event store', position, 0n)
    .option('--type <event-type...>', 'only these types')
    .option('--again', 'also what it has handled before: to rebuild a projection')
    .option('--dry-run', 'only say how many events that would be')
    .option('--rate <n/s>', 'at most so many messages per second (default 5000/s)', rate)
    .option('-y, --yes', 'do not ask')
    .addOption(json())
    .addHelpText('after', HELP)
  return runCommand(program, args, (reaction: string, flags: Flags) =>
    withMessaging('replay', (messaging) => run(messaging, reaction, flags)),
  )
}

async function run(messaging: Messaging, reaction: string, flags: Flags): Promise<number> {
  const { from, type: types, again = false, dryRun, rate: perSecond } = flags
  const range = { reaction, from, ...(types && { types }) }
  const plan = await planReplay(messaging.db, range)
  const wanted = again ? plan.events - plan.dead : plan.events - plan.handled - plan.dead
  if (!flags.json) say(describe(plan, again, wanted))
  if (dryRun || wanted === 0) return finish(plan, 0, flags)
  await agree(plan, again, wanted, flags)
  const signal = untilStopped()
  const bar = startBar(wanted, flags)
  const options = { ...messaging, ...range, again, signal, ...(perSecond && { rate: perSecond }) }
  const delivered = await replay({ ...options, onProgress: (done) => bar?.update(done) }).finally(() => bar?.stop())
  finish(plan, delivered, flags)
  if (!signal.aborted) return EXIT.ok
  if (!flags.json) say('Stopped. Reconciliation delivers the rest by and by.')
  return EXIT.failed
}

function describe({ reaction, types, from, to, events, handled, dead }: ReplayPlan, again: boolean, wanted: number) {
  const skipped = [
    ...(handled > 0 && !again ? [`${counted(handled, 'event')} it has handled before`] : []),
    ...(dead > 0 ? [`${counted(dead, 'event')} kept by dead letters`] : []),
  ]
  return [
    `${reaction} gets ${counted(wanted, 'event')} of ${types.join(', ')} after position ${from} up to ${to}.`,
    ...(skipped.length > 0 ? [`Left out: ${skipped.join(', ')}; ${counted(events, 'event')} in all.`] : []),
  ].join('\n')
}

/** Asks where something outside of this database, or something a second time, is about to happen. */
async function agree(plan: ReplayPlan, again: boolean, wanted: number, flags: Flags) {
  const callsOut = await reachesOutside(plan.reaction)
  if (again && callsOut)
    throw new Refused(
      `${plan.reaction} has effects outside of the database (it calls something); it cannot do them a second time.`,
    )
  if (callsOut)
    await confirm(`${plan.reaction} will act outside of the database for ${counted(wanted, 'event')}. Go on?`, flags)
  if (again)
    await confirm(
      `${plan.reaction} will handle ${counted(plan.handled, 'event')} a second time. Are its own tables empty for that range?`,
      flags,
    )
}

async function reachesOutside(reaction: string): Promise<boolean> {
  const file = findReactions(path.join(PROJECT, 'workers')).find(({ name }) => name === reaction)
  if (!file)
    throw new Refused(`The reaction ${reaction} is not under workers/ of this version: nobody would handle the events.`)
  return (await loadReactions([file]))[0]!.call !== undefined
}

function startBar(total: number, { json: asJson }: Flags) {
  if (asJson || !isTerminal()) return undefined
  const bar = new SingleBar({ format: '{bar} {value}/{total} delivered, {eta_formatted} left', hideCursor: true })
  bar.start(total, 0)
  return bar
}

function finish(plan: ReplayPlan, delivered: number, flags: Flags): number {
  if (flags.json) sayJson({ ...plan, from: Number(plan.from), to: Number(plan.to), delivered })
  else if (!flags.dryRun) say(`${counted(delivered, 'event')} delivered to its queue.`)
  return EXIT.ok
}

function position(text: string): bigint {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A position is a whole number from 0.')
  return BigInt(text)
}
