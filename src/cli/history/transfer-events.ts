import { Option, type Command } from 'commander'
import { exportEvents, importEvents } from '#messaging'
import { withDatabase } from '../connect.ts'
import { instanceOf } from '../instance.ts'
import { exits } from '../run.ts'
import { json, position } from '../terminal/options.ts'
import { counted, EXIT, say, sayJson, warn } from '../terminal/output.ts'

interface Flags {
  from?: bigint
  upTo?: bigint
  type?: string[]
  json?: boolean
}

/** The log from one database to another. */
export function addTransfer(events: Command): void {
  events
    .command('export')
    .description('write the log, or a part of it, as CloudEvents, one a line; up to what is published')
    .argument('<file>', 'or s3://<bucket>/<key>; compressed by gzip if its name ends in .gz')
    .addOption(new Option('--from <position>', 'only events after this position').argParser(position))
    .addOption(new Option('--up-to <position>', 'only events up to this position').argParser(position))
    .option('--type <event-type...>', 'only these types')
    .addOption(json())
    .action(exits(exportTo))
  events
    .command('import')
    .description(
      'store exported events with their positions, as history: nothing is published; all processes must be stopped',
    )
    .argument('<file>', 'what events export has written')
    .addOption(json())
    .action(exits(importFrom))
}

async function exportTo(file: string, { from, upTo, type: types, json: asJson }: Flags): Promise<number> {
  const range = {
    ...(from !== undefined && { after: from }),
    ...(upTo !== undefined && { upTo }),
    ...(types && { types }),
  }
  const done = await withDatabase((db) => exportEvents({ db, file, ...range }))
  if (done.archivedUpTo !== null)
    warn(`Events up to position ${done.archivedUpTo} lie in archives, and are not in the file.`)
  if (asJson)
    sayJson({ ...done, upTo: Number(done.upTo), archivedUpTo: done.archivedUpTo && Number(done.archivedUpTo) })
  else say(`${counted(done.events, 'event')} up to position ${done.upTo} in ${file}, SHA-256 ${done.sha256}.`)
  return EXIT.ok
}

async function importFrom(file: string, { json: asJson }: Flags): Promise<number> {
  const done = await withDatabase((db) => importEvents({ db, instance: instanceOf('import'), file }))
  if (asJson) sayJson({ ...done, lastPosition: Number(done.lastPosition) })
  else
    say(
      `${counted(done.events, 'event')} stored, ${done.known} known already; the last position is ${done.lastPosition}.`,
    )
  return EXIT.ok
}
