import type { Command } from 'commander'
import { foldIntoRows, openAmong } from '#domains/order'
import { eventsNeeded } from '#domains/webhooks'
import { archiveBefore, Refused, type ArchiveReport } from '#messaging'
import { withDatabase } from '../connect.ts'
import { host } from '../host.ts'
import { instanceOf } from '../instance.ts'
import { exits } from '../run.ts'
import { date, json } from '../terminal/options.ts'
import { counted, EXIT, isTerminal, say, sayJson, warn } from '../terminal/output.ts'
import { untilStopped } from '../terminal/stop.ts'

const help = () => `
Exit codes: 0 done, or nothing to do · 1 failed, or a partition had to be kept · 2 wrong usage, or refused without changing
anything

A partition goes as a whole: when every reaction has its answer for each of its events, and every order in it is at its end.
Each becomes a folder: events as CloudEvents, one a line, compressed; what was handled; manifest.json with SHA-256 sums.
Where an S3-compatible store is, and who we are there, say AWS_ENDPOINT_URL_S3, AWS_REGION, AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, as for every program on the AWS SDK.

Examples:
  ${host().call('archive --before 2026-09-01 --dry-run')}
  ${host().call('archive --before 2026-09-01 --to /var/archive')}
  ${host().call('archive --before 2026-09-01 --to s3://old-orders/fanfare')}
  ${host().call('restore /var/archive/2026_08_01')}`

interface Flags {
  before: Date
  to?: string
  dryRun?: boolean
  json?: boolean
}

/** Old events into files. */
export function addArchive(program: Command): void {
  program
    .command('archive')
    .description('move whole partitions of old events out of the database, into files')
    .requiredOption('--before <date>', 'only partitions that end by then, such as 2026-09-01 (UTC)', date)
    .option('--to <place>', 'where they go, each into a folder of its own: a folder, or s3://<bucket>/<prefix>')
    .option('--dry-run', 'only say which would go, and why others would not')
    .addOption(json())
    .addHelpText('after', help)
    .action(exits(run))
}

async function run({ before, to, dryRun = false, json: asJson }: Flags): Promise<number> {
  if (to === undefined && !dryRun)
    throw new Refused('Say where the files go, with --to <folder or s3://…>; or only look, with --dry-run.')
  const onBegin = (name: string) => {
    if (isTerminal() && !asJson) warn(`looking at ${name} …`)
  }
  const signal = untilStopped()
  const reports = await withDatabase((db) =>
    archiveBefore({
      db,
      instance: instanceOf('archive'),
      before,
      ...(!dryRun && to !== undefined && { to }),
      openAmong: (streams) => openAmong(db, streams),
      neededBy: eventsNeeded,
      beforeGoing: (streams) => foldIntoRows(db, streams),
      onBegin,
      signal,
    }),
  )
  if (asJson) sayJson(reports)
  else if (reports.length === 0) say(`No partition ends before ${before.toISOString().slice(0, 10)}.`)
  else for (const report of reports) say(describe(report))
  return reports.some(({ outcome }) => outcome === 'kept') ? EXIT.failed : EXIT.ok
}

function describe({ name, until, events, outcome, place, reasons }: ArchiveReport): string {
  const what = `${name}, until ${until.toISOString().slice(0, 10)}, ${counted(events, 'event')}:`
  if (outcome === 'archived') return `${what} archived in ${place}`
  if (outcome === 'ready') return `${what} would be archived`
  return `${what} kept\n${reasons.map((reason) => `  ${reason}`).join('\n')}`
}
