import { Command } from 'commander'
import { reconcile, Refused, type Reconciled } from '#messaging'
import { duration, json, rate } from '../dead-letters/options.ts'
import { counted, EXIT, say, sayJson, table } from '../dead-letters/output.ts'
import { untilStopped } from '../dead-letters/stop.ts'
import { withMessaging } from '../recovery/open.ts'
import { runCommand } from '../recovery/run-command.ts'

const HELP = `
Exit codes: 0 done · 1 failed · 2 wrong usage, or RabbitMQ does not answer

The relay and the scheduler do this by themselves; docs/reconcile.md explains when an event counts as lost.`

interface Flags {
  reaction?: string
  grace: number
  everything?: boolean
  dryRun?: boolean
  rate?: number
  json?: boolean
}

/** npm run reconcile: finds lost events and delivers them again. @returns the exit code */
export function reconcileCommand(args: string[]): Promise<number> {
  const program = new Command('npm run reconcile --')
    .description('Finds events that a reaction should have handled and that are nowhere, and delivers them again.')
    .option('--reaction <reaction>', 'only this reaction')
    .option('--grace <duration>', 'how long an event is given before it can count as lost', duration, 60_000)
    .option('--everything', 'deliver all that is not handled, also what may still wait on a queue')
    .option('--dry-run', 'only say what would be delivered')
    .option('--rate <n/s>', 'at most so many messages per second and reaction (default 5000/s)', rate)
    .addOption(json())
    .addHelpText('after', HELP)
  return runCommand(program, args, (flags: Flags) => withMessaging('reconcile', (messaging) => run(messaging, flags)))
}

async function run(messaging: Parameters<Parameters<typeof withMessaging>[1]>[0], flags: Flags): Promise<number> {
  const { reaction, grace: graceMs, everything = false, dryRun = false, rate: perSecond } = flags
  const started = performance.now()
  const reports = await reconcile({
    ...messaging,
    graceMs,
    everything,
    dryRun,
    signal: untilStopped(),
    ...(reaction && { reaction }),
    ...(perSecond && { rate: perSecond }),
  })
  if (reaction && reports.length === 0) throw new Refused(`No reaction '${reaction}' is subscribed to anything.`)
  if (flags.json) sayJson(reports.map((report) => ({ ...report, watermark: Number(report.watermark) })))
  else print(reports, dryRun, performance.now() - started)
  return EXIT.ok
}

function print(reports: readonly Reconciled[], dryRun: boolean, ms: number) {
  const head = [
    'reaction',
    'complete up to',
    'open',
    'on its queue',
    'lost',
    dryRun ? 'would be delivered' : 'delivered',
  ]
  say(
    table(
      head,
      reports.map((report) => rowOf(report, dryRun)),
    ),
  )
  const lost = reports.reduce((sum, report) => sum + report.lost, 0)
  say(`\n${counted(lost, 'lost event')}; looked at ${counted(reports.length, 'reaction')} in ${Math.round(ms)} ms.`)
}

function rowOf({ reaction, watermark, unsettled, waiting, lost, delivered, busy }: Reconciled, dryRun: boolean) {
  if (busy) return [reaction, 'another process is at it', '', '', '', '']
  return [reaction, String(watermark), unsettled, waiting ?? 'no queue', lost, dryRun ? lost : delivered]
}
