import type { Command } from 'commander'
import { reconcile, type Reconciled } from '#messaging'
import { withMessaging, type Messaging } from '../../connect.ts'
import { host } from '../../host.ts'
import { expectReaction } from '../../reactions.ts'
import { exits } from '../../run.ts'
import { durationOption, json } from '../../terminal/options.ts'
import { counted, EXIT, say, sayJson, table } from '../../terminal/output.ts'
import { untilStopped } from '../../terminal/stop.ts'

const help = () => `
Exit codes: 0 done · 1 failed · 2 wrong usage, or PostgreSQL or RabbitMQ does not answer

The relay and the scheduler do this by themselves; docs/reconcile.md explains when an event counts as lost.

Examples:
  ${host().call('reconcile --dry-run')}
  ${host().call('reconcile --reaction inventory.reserve-stock --grace 10s')}`

interface Flags {
  reaction?: string
  grace: number
  everything?: boolean
  dryRun?: boolean
  json?: boolean
}

/** Finds lost events and delivers them again. */
export function addReconcile(program: Command): void {
  program
    .command('reconcile')
    .description('find events that a reaction should have handled and that are nowhere, and deliver them again')
    .option('--reaction <reaction>', 'only this reaction')
    .addOption(durationOption('--grace <duration>', 'how long an event is given before it can count as lost', '1m'))
    .option('--everything', 'deliver all that is not handled, also what may still wait on a queue')
    .option('--dry-run', 'only say what would be delivered')
    .addOption(json())
    .addHelpText('after', help)
    .action(exits((flags: Flags) => withMessaging('reconcile', (messaging) => run(messaging, flags))))
}

async function run(messaging: Messaging, flags: Flags): Promise<number> {
  const { reaction, grace: graceMs, everything = false, dryRun = false } = flags
  if (reaction) await expectReaction(messaging.db, reaction)
  const started = performance.now()
  const reports = await reconcile({
    ...messaging,
    graceMs,
    everything,
    dryRun,
    signal: untilStopped(),
    ...(reaction && { reaction }),
  })
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
