import path from 'node:path'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { createNames } from '#messaging'
import { asyncApiDocument, catalogueOf, checkEvents, compareCauses, recordEvents } from '../../../catalogue/index.ts'
import type { Cause } from '../../../catalogue/index.ts'
import { withDatabase } from '../../connect.ts'
import { host } from '../../host.ts'
import { thisRelease } from '../../release.ts'
import { exits } from '../../run.ts'
import { json } from '../../terminal/options.ts'
import { counted, EXIT, say, sayJson, table } from '../../terminal/output.ts'
import { addTransfer } from '../../history/transfer-events.ts'

const help = () => `
Exit codes: 0 in order · 1 something is to be recorded or repaired, or happened undeclared · 2 wrong usage, or PostgreSQL does
not answer

Examples:
  ${host().call('events check')}
  ${host().call('events record')}
  ${host().call('events causes --latest 100000')}
  ${host().call('events export log.ndjson.gz')}
  ${host().call('events import log.ndjson.gz --database-url postgresql://…/empty')}`

/** What events there are, what was published of them, what causes what, and all of them from one database to another. */
export function addEvents(program: Command): void {
  const events = program
    .command('events')
    .description('the types of events: their versions, and who causes what')
    .addHelpText('after', help)
  events
    .command('check')
    .description(
      'compare each event type with what was published of it, read an example of each version, compare docs/events',
    )
    .action(exits(check))
  events
    .command('record')
    .description('publish new types and versions under src/events/published, and write docs/events')
    .action(exits(record))
  events
    .command('asyncapi')
    .description('print the AsyncAPI 3 document: exchanges, queues, who publishes and who reacts')
    .action(exits(printAsyncApi))
  events
    .command('causes')
    .description('compare what really happened, by the causation ids in the event store, with what the code says')
    .addOption(new Option('--latest <events>', 'how many events are read').default(100_000).argParser(wholeNumber))
    .addOption(json())
    .action(exits(causes))
  addTransfer(events)
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 on.')
  return Number(text)
}

async function check(): Promise<number> {
  const findings = checkEvents(await thisRelease())
  for (const { sentence } of findings) say(sentence)
  if (findings.length === 0) say('Every published version can be read and is what the code says; so is docs/events.')
  if (findings.some(({ wants }) => wants === 'recording')) say(`Record it: ${host().call('events record')}`)
  return findings.length === 0 ? EXIT.ok : EXIT.failed
}

async function record(): Promise<number> {
  const release = await thisRelease()
  const files = recordEvents(release)
  for (const file of files) say(`Written: ${path.relative(process.cwd(), file)}`)
  const left = checkEvents(release)
  for (const { sentence } of left) say(sentence)
  if (left.length === 0) say(files.length > 0 ? `${counted(files.length, 'file')} to commit.` : 'Nothing is new.')
  return left.length === 0 ? EXIT.ok : EXIT.failed
}

async function printAsyncApi(): Promise<number> {
  const names = createNames(host().env['MESSAGING_NAMESPACE'])
  sayJson(asyncApiDocument(catalogueOf(await thisRelease()), names))
  return EXIT.ok
}

interface Flags {
  latest: number
  json?: boolean
}

async function causes(flags: Flags): Promise<number> {
  const catalogue = catalogueOf(await thisRelease())
  const compared = await withDatabase((db) => compareCauses(db, catalogue, flags.latest))
  const { seen, undeclared, unseen } = compared
  if (flags.json) sayJson(compared)
  else {
    say(
      table(
        ['because of', 'was published', 'times', ''],
        seen.map((one) => rowOf(one, undeclared.includes(one))),
      ),
    )
    say(`\n${counted(unseen.length, 'cause')} that the code allows did not happen.`)
  }
  return undeclared.length === 0 ? EXIT.ok : EXIT.failed
}

const rowOf = ({ because, type, times }: Cause, isUndeclared: boolean) => [
  because ?? 'a request or a schedule',
  type,
  times,
  isUndeclared ? 'no reaction, route or job says so: name it in `publishes`' : '',
]
