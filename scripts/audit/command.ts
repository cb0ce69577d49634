import { Command } from 'commander'
import { audit, isBroken, type Finding } from '../../src/audit/index.ts'
import { withDatabase } from '../dead-letters/open.ts'
import { duration, json, positive } from '../dead-letters/options.ts'
import { EXIT, say, sayJson } from '../dead-letters/output.ts'
import { InstanceSet } from '../services/index.ts'
import { runCommand } from '../recovery/run-command.ts'
import { release, type ReleaseFlags } from './release.ts'

const HELP = `
Exit codes: 0 every invariant holds · 1 at least one is broken, or the audit failed · 2 wrong usage, or nothing answers

--release gives back what belongs to orders that the database does not know: after a database failed over and lost
commits, money at the gateway and goods may be held for orders that are gone. It shows what it found and asks first.

  npm run audit -- --release --dry-run      only show
  npm run audit -- --release --yes          do not ask

The database is DATABASE_URL, the gateway PAYMENT_GATEWAY_URL; without them, those of npm start in this project.
RabbitMQ and Redis are not needed.`

interface Flags extends ReleaseFlags {
  patience: number
  list: number
  strict?: boolean
  release?: boolean
}

/** npm run audit: holds the live database against every invariant. @returns the exit code */
export function auditCommand(args: string[]): Promise<number> {
  const program = new Command('npm run audit --')
    .description(
      'Holds orders, events, stock, money and read models against each other; lists what breaks an invariant.',
    )
    .option('--patience <duration>', 'how long an order or an effect may be under way', duration, 10 * 60_000)
    .option('--list <n>', 'at most so many offenders for each invariant', positive, 20)
    .option('--strict', 'open dead letters count as broken')
    .option(
      '--gateway-since <duration>',
      'how far back the money at the gateway is looked at',
      duration,
      24 * 3_600_000,
    )
    .option('--release', 'give back money and goods that are held for orders the database does not know')
    .option('--grace <duration>', 'with --release: leave alone what is younger', duration, 15 * 60_000)
    .option('--dry-run', 'with --release: only show what would be given back')
    .option('--yes', 'with --release: do not ask')
    .option('--force', 'with --release: also when most of what the gateway holds is for unknown orders')
    .addOption(json())
    .addHelpText('after', HELP)
  return runCommand(program, args, async (flags: Flags) => {
    const gatewayUrl = findGateway()
    if (flags.release) return withDatabase((db) => release(db, gatewayUrl, flags))
    const limits = { patienceMs: flags.patience, list: flags.list, gatewaySinceMs: flags.gatewaySince, gatewayUrl }
    const findings = await withDatabase((db) => audit(db, limits))
    const broken = findings.filter((finding) => isBroken(finding, flags.strict))
    if (flags.json) sayJson({ ok: broken.length === 0, findings })
    else print(findings, flags.strict ?? false)
    return broken.length === 0 ? EXIT.ok : EXIT.failed
  })
}

/** The gateway of the environment, or that of npm start; never a guess, which might be somebody else's. */
function findGateway(): string | undefined {
  const given = process.env['PAYMENT_GATEWAY_URL']
  if (given || process.env['DATABASE_URL']) return given
  const port = InstanceSet.open('dev').state.ports.gateway
  return port ? `http://127.0.0.1:${port}` : undefined
}

function print(findings: readonly Finding[], strict: boolean) {
  const wide = Math.max(...findings.map(({ invariant }) => invariant.length))
  for (const finding of findings) {
    const { invariant, says, count, offenders, skipped } = finding
    say(`${markOf(finding, strict)}  ${invariant.padEnd(wide)}  ${skipped ? `not checked: ${skipped}` : says}`)
    for (const { who, why } of offenders) say(`        ${who}: ${why}`)
    if (count > offenders.length) say(`        … and ${count - offenders.length} more`)
  }
  const broken = findings.filter((finding) => isBroken(finding, strict)).length
  say(
    broken === 0
      ? `\nAll ${findings.length} invariants hold.`
      : `\n${broken} of ${findings.length} invariants are broken.`,
  )
}

function markOf(finding: Finding, strict: boolean): string {
  if (finding.skipped) return 'skip  '
  if (finding.count === 0) return 'holds '
  return isBroken(finding, strict) ? 'BROKEN' : 'warns '
}
