import type { Command } from 'commander'
import { fillHole, findHoles, listPartitions, type Hole, type PartitionSize } from '#messaging'
import { withDatabase } from '../connect.ts'
import { host } from '../host.ts'
import { exits } from '../run.ts'
import { json } from '../terminal/options.ts'
import { confirm, counted, EXIT, say, sayJson, table } from '../terminal/output.ts'

const help = () => `
Exit codes: 0 ok · 1 events stand in no partition of their time · 2 wrong usage, or refused without changing anything

The scheduler makes partitions ahead, and moves up to 20,000 events that came before theirs was made. When it was away for long, more of
them stay in the default partition and cannot be archived. 'fill' makes the partitions that are missing and moves all of their events.
Until that is done, everybody who reads or writes events waits: some 20,000 events a second, so choose a quiet hour.

Examples:
  ${host().call('partitions')}
  ${host().call('partitions fill')}`

interface Flags {
  json?: boolean
  yes?: boolean
}

/** The partitions of the event store. */
export function addPartitions(program: Command): void {
  const partitions = program
    .command('partitions')
    .description('the partitions of the event store, and what stands in none of them')
    .addHelpText('after', help)
  partitions
    .command('list', { isDefault: true })
    .description('each with its time, events and size on the disk')
    .addOption(json())
    .action(exits(list))
  partitions
    .command('fill')
    .description('make the partitions of times that have none, and move their events there, while everybody waits')
    .option('-y, --yes', 'do not ask')
    .action(exits(fill))
}

async function list({ json: asJson }: Flags): Promise<number> {
  const { sizes, holes } = await withDatabase(async (db) => ({
    sizes: await listPartitions(db),
    holes: await findHoles(db),
  }))
  if (asJson) sayJson({ partitions: sizes, holes: holes.map(({ partition, events }) => ({ ...partition, events })) })
  else {
    say(table(['partition', 'until', 'events, about', 'size'], sizes.map(cells)))
    for (const hole of holes) say(`\n${describe(hole)}. ${host().call('partitions fill')} makes a partition of them.`)
  }
  return holes.some(({ events }) => events > 0) ? EXIT.failed : EXIT.ok
}

const day = (moment: Date | null) => moment?.toISOString().slice(0, 10) ?? ''
const cells = ({ name, until, events, bytes }: PartitionSize) => [
  name,
  day(until),
  String(events),
  `${(bytes / 1e6).toFixed(1)} MB`,
]

const describe = ({ partition: { name }, events }: Hole) =>
  `${counted(events, 'event')} of the time from ${name.replaceAll('_', '-')} stand in no partition of their own`

async function fill(flags: Flags): Promise<number> {
  return withDatabase(async (db) => {
    const holes = await findHoles(db)
    if (holes.length === 0) say('Every time has its partition.')
    for (const hole of holes) {
      await confirm(`${describe(hole)}. Move them now, while everybody waits?`, flags)
      const isFilled = await fillHole(db, hole.partition)
      say(
        `${hole.partition.name}: ${isFilled ? `${counted(hole.events, 'event')} moved` : 'somebody else has made it'}.`,
      )
    }
    return EXIT.ok
  })
}
