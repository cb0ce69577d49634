import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { deleteOrders, expectOld, OBSTACLES, planDeletion, type DeletionPlan, type Obstacle } from '#domains/retention'
import { withDatabase } from '../connect.ts'
import { host } from '../host.ts'
import { instanceOf } from '../instance.ts'
import { exits } from '../run.ts'
import { date, json } from '../terminal/options.ts'
import { confirm, counted, EXIT, isTerminal, say, sayJson, table, warn } from '../terminal/output.ts'
import { untilStopped } from '../terminal/stop.ts'

const help = () => `
Exit codes: 0 done, or nothing to do · 1 failed, or stopped before the end · 2 wrong usage, or refused without changing anything

An order goes with its money, goods, parcels and pages when it is at its end, settled, and all of its events lie in archives. Sums stay right.
The scheduler does this by itself where KEEP_ORDERS_YEARS is set. What stays, and for which reason, the plan says.

Examples:
  ${host().call('orders delete --before 2016-01-01 --dry-run')}
  ${host().call('orders delete --before 2016-01-01 --reason "kept for ten years"')}`

interface Flags {
  before: Date
  dryRun?: boolean
  reason: string
  yes?: boolean
  as: string
  json?: boolean
}

/** Orders that the law does not want to be kept any more. */
export function addOldOrders(program: Command): void {
  program
    .command('orders')
    .description('old orders, and how they are deleted for good')
    .command('delete')
    .description('delete what the database has of old orders; their events stay in archives')
    .requiredOption(
      '--before <date>',
      'only orders to which nothing has happened since, such as 2016-01-01 (UTC)',
      date,
    )
    .option('--dry-run', 'only say what would go, and what would stay')
    .option('--reason <text>', 'kept, and told in the stories of these orders', 'they were old')
    .option('-y, --yes', 'do not ask')
    .option('--as <name>', 'who you are, in the record (default: the name of your account)', '')
    .addOption(json())
    .addHelpText('after', help)
    .action(exits(run))
}

function run({ before, reason, ...flags }: Flags): Promise<number> {
  expectOld(before)
  return withDatabase(async (db) => {
    const plan = await planDeletion(db, before)
    if (!flags.json) say(describe(plan))
    if (flags.dryRun || plan.orders === 0) {
      if (flags.json) sayJson({ ...plan, deleted: 0 })
      return EXIT.ok
    }
    await confirm(`Delete ${counted(plan.orders, 'order')} for good? Nobody can take that back.`, flags)
    const operator = flags.as || userInfo().username
    const onProgress = (deleted: number) => {
      if (isTerminal() && !flags.json) warn(`${deleted} of ${plan.orders} …`)
    }
    const options = { db, instance: instanceOf('orders'), operator, reason, before, onProgress, signal: untilStopped() }
    const { deleted, outcome } = await deleteOrders(options)
    if (flags.json) sayJson({ ...plan, deleted, outcome })
    else
      say(
        `${counted(deleted, 'order')} deleted.${outcome === 'halted' ? ' The same command goes on with the rest.' : ''}`,
      )
    return outcome === 'done' ? EXIT.ok : EXIT.failed
  })
}

const day = (moment: Date) => moment.toISOString().slice(0, 10)

function describe({ before, orders, tables, kept }: DeletionPlan): string {
  const rows = tables
    .filter((one) => one.rows > 0)
    .map(({ name, rows, bytes }) => [name, rows, `${(bytes / 1e6).toFixed(1)} MB`])
  const stay = Object.entries(kept) as [Obstacle, number][]
  return [
    `${counted(orders, 'order')} would go: nothing has happened to them since ${day(before)}.`,
    ...(rows.length > 0 ? [table(['table', 'rows', 'size without indexes'], rows)] : []),
    ...stay.map(([obstacle, count]) => `${counted(count, 'order')} of that time stay, ${OBSTACLES[obstacle]}.`),
    ...(kept['not-archived']
      ? [`To archive first: ${host().call(`archive --before ${day(before)} --to <folder or s3://…>`)}`]
      : []),
  ].join('\n')
}
