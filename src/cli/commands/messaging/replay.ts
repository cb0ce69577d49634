import { SingleBar } from 'cli-progress'
import { Option, type Command } from 'commander'
import { planReplay, Refused, replay, type ReplayPlan } from '#messaging'
import { withMessaging, type Messaging } from '../../connect.ts'
import { host } from '../../host.ts'
import { expectReaction, loadReaction } from '../../reactions.ts'
import { exits } from '../../run.ts'
import { json, position, rate } from '../../terminal/options.ts'
import { confirm, counted, EXIT, isTerminal, say, sayJson } from '../../terminal/output.ts'
import { untilStopped } from '../../terminal/stop.ts'

const help = () => `
Exit codes: 0 done · 1 failed or stopped · 2 wrong usage, or refused without changing anything

Events that the reaction has handled before are skipped. --again handles them a second time: empty the reaction's own
tables first, and expect whatever it publishes to be published again. docs/reconcile.md shows how to rebuild a projection.

Examples:
  ${host().call('replay loyalty.award-points --dry-run')}
  ${host().call('replay loyalty.award-points --from 120000 --type order.confirmed --rate 200/s')}`

interface Flags {
  from: bigint
  type?: string[]
  again?: boolean
  dryRun?: boolean
  rate?: number
  yes?: boolean
  json?: boolean
}

/** History to one reaction. */
export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('deliver events of the past to one reaction only, such as to one that is new')
    .argument('<reaction>', 'who gets them')
    .addOption(FROM)
    .option('--type <event-type...>', 'only these types')
    .option('--again', 'also what it has handled before: to rebuild a projection')
    .option('--dry-run', 'only say how many events that would be')
    .option('--rate <n/s>', 'at most so many messages per second (default: as fast as the reaction handles them)', rate)
    .option('-y, --yes', 'do not ask')
    .addOption(json())
    .addHelpText('after', help)
    .action(
      exits((reaction: string, flags: Flags) =>
        withMessaging('replay', (messaging) => run(messaging, reaction, flags)),
      ),
    )
}

const FROM = new Option('--from <position>', 'only events after this position of the event store')
  .argParser(position)
  .default(0n, '0')

async function run(messaging: Messaging, reaction: string, flags: Flags): Promise<number> {
  const { from, type: types, again = false, dryRun, rate: perSecond } = flags
  await expectReaction(messaging.db, reaction)
  const range = { reaction, from, ...(types && { types }) }
  const plan = await planReplay(messaging.db, range)
  const wanted = again ? plan.events - plan.kept : plan.events - plan.handled - plan.kept
  if (!flags.json) say(describe(plan, again, wanted))
  if (dryRun || wanted === 0) return finish(plan, 0, flags)
  await agree(plan, again, wanted, flags)
  const signal = untilStopped()
  const bar = startBar(wanted, flags)
  const options = { ...messaging, ...range, again, signal, ...(perSecond && { rate: perSecond }) }
  const delivered = await replay({ ...options, onProgress: (done) => bar?.update(done) }).finally(() => bar?.stop())
  finish(plan, delivered, flags)
  if (!signal.aborted) return EXIT.ok
  if (!flags.json)
    say(perSecond ? 'Stopped. Call it again for the rest.' : 'Stopped. Reconciliation delivers the rest by and by.')
  return EXIT.failed
}

function describe({ reaction, types, from, to, events, handled, kept }: ReplayPlan, again: boolean, wanted: number) {
  const skipped = [
    ...(handled > 0 && !again ? [`${counted(handled, 'event')} it has handled before`] : []),
    ...(kept > 0 ? [`${counted(kept, 'event')} whose delivery is retried, held, dead or discarded`] : []),
  ]
  return [
    `${reaction} gets ${counted(wanted, 'event')} of ${types.join(', ')} after position ${from} up to ${to}.`,
    ...(skipped.length > 0 ? [`Left out: ${skipped.join(', ')}; ${counted(events, 'event')} in all.`] : []),
  ].join('\n')
}

/** Asks where something outside of this database, or something a second time, is about to happen. */
async function agree(plan: ReplayPlan, again: boolean, wanted: number, flags: Flags) {
  const callsOut = (await loadReaction(plan.reaction)).call !== undefined
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

function startBar(total: number, { json: asJson }: Flags) {
  if (asJson || !isTerminal()) return undefined
  const bar = new SingleBar({ format: '{bar} {value}/{total} delivered, {eta_formatted} left', hideCursor: true })
  bar.start(total, 0)
  return bar
}

function finish(plan: ReplayPlan, delivered: number, flags: Flags): number {
  if (flags.json) sayJson({ ...plan, from: Number(plan.from), to: Number(plan.to), delivered })
  else if (!flags.dryRun) say(`${counted(delivered, 'event')} delivered.`)
  return EXIT.ok
}
