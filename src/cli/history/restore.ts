import type { Command } from 'commander'
import { restoreArchive } from '#messaging'
import { withDatabase } from '../connect.ts'
import { host } from '../host.ts'
import { instanceOf } from '../instance.ts'
import { exits } from '../run.ts'
import { json } from '../terminal/options.ts'
import { counted, EXIT, say, sayJson } from '../terminal/output.ts'

const help = () => `
Exit codes: 0 done · 1 failed: call it again · 2 wrong usage, or refused without changing anything

Its files are compared with their checksums first. Positions stay as they were. The files stay where they are.

Examples:
  ${host().call('restore /var/archive/2026_08_01')}`

/** Files into the store again. */
export function addRestore(program: Command): void {
  program
    .command('restore')
    .description('bring an archive back into the database')
    .argument('<place>', 'that of the archive, with its manifest.json: a folder, or s3://<bucket>/<prefix>')
    .addOption(json())
    .addHelpText('after', help)
    .action(exits(run))
}

async function run(place: string, { json: asJson }: { json?: boolean }): Promise<number> {
  const { name, files, firstPosition, lastPosition } = await withDatabase((db) =>
    restoreArchive({ db, instance: instanceOf('restore'), place }),
  )
  const { events } = files
  if (asJson)
    sayJson({ name, events: events.rows, firstPosition: Number(firstPosition), lastPosition: Number(lastPosition) })
  else
    say(
      `${name}: ${counted(events.rows, 'event')} are in the store again, positions ${firstPosition} to ${lastPosition}.`,
    )
  return EXIT.ok
}
