import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { exportCustomer, forgetCustomer, planForgetting, sweepForgotten, type ForgettingPlan } from '#domains/customer'
import { expectMasterKeys, rewrapKeys } from '#platform/sealing'
import type { Database } from '#platform/database'
import { withDatabase } from '../../connect.ts'
import { host } from '../../host.ts'
import { exits } from '../../run.ts'
import { json } from '../../terminal/options.ts'
import { confirm, counted, EXIT, say, sayJson } from '../../terminal/output.ts'

const help = () => `
Exit codes: 0 done, or nothing is known of them · 2 wrong usage, refused without changing anything, or PostgreSQL does not
answer

What forgetting means for orders, archives and backups: docs/personal-data.md.

Examples:
  ${host().call('customers export ada@example.com')}
  ${host().call('customers forget ada@example.com --reason "request 4711"')}`

interface Flags {
  json?: boolean
  dryRun?: boolean
  reason?: string
  yes?: boolean
  as: string
}

/** What the system knows of people, and how it forgets them. */
export function addCustomers(program: Command): void {
  const customers = program
    .command('customers')
    .description('what is known of a customer, and forgetting them for good')
    .addHelpText('after', help)
  customers
    .command('export')
    .description('print everything that is known of a customer as JSON: orders, events, mails, points')
    .argument('<email>', 'their e-mail address, however it is written')
    .action(exits(exportOne))
  customers
    .command('forget')
    .description('destroy the key of a customer: nothing of theirs can be read any more, archives and backups included')
    .argument('<email>', 'their e-mail address, however it is written')
    .option('--dry-run', 'only say what that would mean')
    .option('--reason <text>', 'kept; do not name the person in it')
    .option('-y, --yes', 'do not ask')
    .option('--as <name>', 'who you are, in the record (default: the name of your account)', '')
    .addOption(json())
    .action(exits(forget))
  customers
    .command('rewrap')
    .description('encrypt every key of a customer by the first of PERSONAL_DATA_KEYS, after a new one was put there')
    .action(exits(rewrap))
}

const unknown = (email: string) => `Nothing is known of ${email}: they were forgotten, or never ordered anything.`

/** With another master key nobody would be found: that must not look as if nothing were known of them. */
function withKeys(work: (db: Database) => Promise<number>): Promise<number> {
  return withDatabase(async (db) => {
    await expectMasterKeys(db)
    return work(db)
  })
}

function exportOne(email: string): Promise<number> {
  return withKeys(async (db) => {
    const known = await exportCustomer(db, email)
    if (known) sayJson(known)
    else say(unknown(email))
    return EXIT.ok
  })
}

function forget(email: string, flags: Flags): Promise<number> {
  return withKeys(async (db) => {
    const plan = await planForgetting(db, email)
    if (!plan && !flags.dryRun) await sweepForgotten(db)
    if (flags.json && (!plan || flags.dryRun)) sayJson({ forgotten: false, ...plan })
    else if (!flags.json) say(plan ? describe(plan) : unknown(email))
    if (!plan || flags.dryRun) return EXIT.ok
    await confirm('Forget them for good? Nobody can take that back.', flags)
    const person = await forgetCustomer(db, { email, by: flags.as || userInfo().username, reason: flags.reason })
    if (flags.json) sayJson({ forgotten: person !== undefined, ...plan })
    else say(`${plan.person} is forgotten.`)
    return EXIT.ok
  })
}

function describe({ person, orders, unsettled }: ForgettingPlan): string {
  const open = orders.filter(({ isOpen }) => isOpen)
  return [
    `They are ${person} in all tables, with ${counted(orders.length, 'order')}. Their key is destroyed; orders, money and stock stay.`,
    ...open.map(({ id, status }) => `The order ${id} is ${status}: while it is, they cannot be forgotten.`),
    ...(unsettled > 0
      ? [
          `${counted(unsettled, 'delivery')} about these orders wait or are given up: they will find nobody to write to.`,
        ]
      : []),
  ].join('\n')
}

function rewrap(): Promise<number> {
  return withKeys(async (db) => {
    say(`${counted(await rewrapKeys(db), 'key')} wrapped by the new master key.`)
    return EXIT.ok
  })
}
