import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { findDeleted, findOrder, numberedOrders, storyOf } from '#domains/order'
import { Refused } from '#messaging'
import type { Database } from '#platform/database'
import { withDatabase } from '../../connect.ts'
import { host } from '../../host.ts'
import { exits } from '../../run.ts'
import { durationOption, json } from '../../terminal/options.ts'
import { EXIT, say, sayJson } from '../../terminal/output.ts'
import { untilStopped } from '../../terminal/stop.ts'
import { drawStory } from '../../../picture/index.ts'
import { ending, followStory, linesOf, openLines, sayLine } from '../../terminal/story.ts'

const help = () => `
Exit codes: 0 drawn · 1 with --follow: not settled in time · 2 wrong usage, no such order, or PostgreSQL does not answer

Examples:
  ${host().call('story FF-1042')}
  ${host().call('story 01a1fd57-2382-7c64-b8f6-ec17e14dfecf --follow --for 2m')}
  ${host().call('story 01a1fd57-2382-7c64-b8f6-ec17e14dfecf --svg story.svg')}`

interface Flags {
  follow?: boolean
  for: number
  json?: boolean
  svg?: string
  personal?: boolean
}

/** Everything that happened because of an order. */
export function addStory(program: Command): void {
  program
    .command('story')
    .description('everything that happened because of an order: its events, and each reaction to them')
    .argument('<order>', 'its id, or its number')
    .option('--follow', 'go on telling until nothing is under way any more')
    .addOption(durationOption('--for <duration>', 'how long to follow at most', '1m'))
    .addOption(json())
    .option('--personal', 'with --json: names and addresses too')
    .option(
      '--svg <file>',
      'draw a picture of it: a lane for each reaction, time from left to right; - for standard output',
    )
    .addHelpText('after', help)
    .action(exits(tell))
}

function tell(which: string, flags: Flags): Promise<number> {
  return withDatabase(async (db) => {
    const id = await idOf(db, which)
    const read = () => readStory(db, id, flags)
    if (flags.follow) return follow(read, flags.for)
    const story = await read()
    if (flags.svg !== undefined) drawInto(flags.svg, story)
    else if (flags.json) sayJson(story)
    else draw(story)
    return EXIT.ok
  })
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const MOST_SHOWN = 20

async function idOf(db: Database, which: string): Promise<string> {
  if (UUID.test(which)) return which.toLowerCase()
  const [order, ...others] = await numberedOrders(db, which, MOST_SHOWN)
  if (!order)
    throw new Refused(
      `There is no order ${which} in this database: wanted is its id, a UUID, or a number such as FF-1042.`,
    )
  if (others.length === 0) return order.id
  const ids = [order, ...others].map(({ id, placedAt, status }) => `\n  ${id}  placed ${utc(placedAt)}, ${status}`)
  throw new Refused(`Several clients have an order ${which}. Ask for one of them by its id:${ids.join('')}`)
}

type Story = Awaited<ReturnType<typeof readStory>>

async function readStory(db: Database, id: string, { personal = false }: Pick<Flags, 'personal'>) {
  const order = (await findOrder(db, id)) ?? (await findDeleted(db, id))
  if (!order) throw new Refused(`There is no order ${id} in this database.`)
  return storyOf(db, order, { personal })
}

function draw(story: Story) {
  if (story.deleted) say(`It was deleted at ${iso(story.deleted.at)} by ${story.deleted.by}: ${story.deleted.why}`)
  for (const { name, place } of story.archives)
    say(`Events of that time lie in the archive ${name}. To bring them back: ${host().call(`restore ${place}`)}`)
  if (story.events.length === 0) return say(`The order ${story.deleted ? 'was' : 'is'} ${story.status}.`)
  say(`Placed at ${utc(story.events[0]!.time)}; times are from then on.\n`)
  for (const { text } of linesOf(story)) sayLine(text)
  tellOpen(story)
  say(`\n${ending(story)}`)
}

function tellOpen(story: Story) {
  const open = openLines(story, (words) => host().call(words))
  if (open.length > 0) say(`\nNot handled:\n${open.join('\n')}`)
}

const utc = (moment: Date) => `${iso(moment).slice(0, 19).replace('T', ' ')} UTC`
const iso = (moment: Date) => moment.toISOString()

function drawInto(file: string, story: Story) {
  const again = host().call(`story ${story.orderId} --svg ${file === '-' ? 'story.svg' : path.basename(file)}`)
  const picture = drawStory(story, again)
  if (file === '-') return say(picture.trimEnd())
  try {
    writeFileSync(file, picture)
  } catch (error) {
    throw new Refused(`The picture cannot be written to ${file}: ${(error as Error).message}`, { cause: error })
  }
  say(`Drawn into ${file}.`)
}

async function follow(read: () => Promise<Story>, forMs: number): Promise<number> {
  const settled = await followStory(read, forMs, untilStopped())
  const story = settled ?? (await read())
  tellOpen(story)
  say(`\n${ending(story)}`)
  return settled ? EXIT.ok : EXIT.failed
}
