import type { Command } from 'commander'
import { chosen, createGateway } from '#domains/payment'
import { audit, isBroken, type Finding } from '../../../audit/index.ts'
import { withDatabase } from '../../connect.ts'
import { host } from '../../host.ts'
import { exits } from '../../run.ts'
import { hanging } from '../../terminal/hanging.ts'
import { durationOption, json, positive } from '../../terminal/options.ts'
import { EXIT, say, sayJson } from '../../terminal/output.ts'
import { refoldOrders } from '../../history/refold-orders.ts'
import { releaseOrphans, type ReleaseFlags } from '../messaging/release-orphans.ts'

const help = () => `
Exit codes: 0 every invariant holds · 1 at least one is broken, or the audit failed · 2 wrong usage, or nothing answers

It reads only, and needs PostgreSQL alone. Where PAYMENT_GATEWAY_URL is set, its totals are compared as well; where PAYMENT_PROVIDER is
stripe, for which orders Stripe holds money or has taken it.

--release gives back what belongs to orders that the database does not know: after a database failed over and lost
commits, money at the gateway and goods may be held for orders that are gone. --refold writes the rows of orders anew that
are not what the events of their streams tell: rows of releases that did not know the streams may differ. Both show what
they found and ask first.

Examples:
  ${host().call('audit')}
  ${host().call('audit --patience 0s --strict')}     a system at rest: nothing under way, no dead letter open
  ${host().call('audit --release --dry-run')}
  ${host().call('audit --refold --dry-run')}`

interface Flags extends ReleaseFlags {
  patience: number
  list: number
  strict?: boolean
  release?: boolean
  refold?: boolean
}

/** Holds the live database against every invariant. */
export function addAudit(program: Command): void {
  program
    .command('audit')
    .description('hold orders, events, stock, money and read models against each other')
    .addOption(durationOption('--patience <duration>', 'how long an order or an effect may be under way', '10m'))
    .option('--list <n>', 'at most so many offenders for each invariant', positive, 20)
    .option('--strict', 'open dead letters count as broken')
    .addOption(
      durationOption('--gateway-since <duration>', 'how far back the money at the gateway is looked at', '24h'),
    )
    .option('--release', 'give back money and goods that are held for orders the database does not know')
    .option('--refold', 'write the rows of orders anew that are not what their streams tell')
    .addOption(durationOption('--grace <duration>', 'with --release: leave alone what is younger', '15m'))
    .option('--dry-run', 'with --release and --refold: only show what would be done')
    .option('-y, --yes', 'with --release and --refold: do not ask')
    .option('--force', 'with --release: also when most of what the gateway holds is for unknown orders')
    .addOption(json())
    .addHelpText('after', help)
    .action(exits(runAudit))
}

/** Of the environment or the host; never a guess, which might be somebody else's. */
function givenGateway() {
  const { PAYMENT_GATEWAY_URL: url, PAYMENT_PROVIDER: provider } = host().env
  if (provider === 'stripe') return chosen()
  return url ? createGateway(url) : undefined
}

async function runAudit(flags: Flags): Promise<number> {
  const { patience, list, strict, json: asJson, gatewaySince: gatewaySinceMs } = flags
  if (flags.release) return withDatabase((db) => releaseOrphans(db, givenGateway(), flags))
  if (flags.refold) return withDatabase((db) => refoldOrders(db, flags))
  const findings = await withDatabase((db) =>
    audit(db, { patienceMs: patience, list, gatewaySinceMs, gateway: givenGateway() }),
  )
  const broken = findings.filter((finding) => isBroken(finding, strict))
  if (asJson) sayJson({ ok: broken.length === 0, findings })
  else print(findings, strict ?? false)
  return broken.length === 0 ? EXIT.ok : EXIT.failed
}

function print(findings: readonly Finding[], strict: boolean) {
  const wide = Math.max(...findings.map(({ invariant }) => invariant.length))
  for (const finding of findings) {
    const { invariant, says, count, offenders, skipped } = finding
    const told = skipped ? `not checked: ${skipped}` : says
    say(hanging(`${markOf(finding, strict)}  ${invariant.padEnd(wide)}  ${told}`, wide + 10))
    for (const { who, why } of offenders) say(hanging(`        ${who}: ${why}`, 10))
    if (count > offenders.length) say(`        … and ${count - offenders.length} more`)
    const remedy = REMEDIES[invariant]
    if (count > 0 && remedy) say(`        Next: ${host().call(remedy)}`)
  }
  say(`\n${inAll(findings, strict)}`)
}

function inAll(findings: readonly Finding[], strict: boolean): string {
  const count = (mark: string) => findings.filter((finding) => markOf(finding, strict).trim() === mark).length
  const [holds, broken, warns, skipped] = [count('holds'), count('BROKEN'), count('warns'), count('skip')]
  if (holds === findings.length) return `All ${holds} invariants hold.`
  const others = [
    broken > 0 && `${broken} broken`,
    warns > 0 && `${warns} to look at`,
    skipped > 0 && `${skipped} not checked`,
  ]
  return `${holds} of ${findings.length} invariants hold: ${others.filter(Boolean).join(', ')}.`
}

/** The command that shows what is to be done, and does it or says how. */
const REMEDIES: Record<string, string> = {
  'dead-letters-are-closed': 'dead-letters list',
  'order-is-the-fold-of-its-stream': 'audit --refold',
  'gateway-money-is-for-an-order': 'audit --release',
  'payment-is-for-an-order': 'audit --release',
  'reservation-is-for-an-order': 'audit --release',
}

function markOf(finding: Finding, strict: boolean): string {
  if (finding.skipped) return 'skip  '
  if (finding.count === 0) return 'holds '
  return isBroken(finding, strict) ? 'BROKEN' : 'warns '
}
