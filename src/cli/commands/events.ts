import path from 'node:path'
import type { Command } from 'commander'
import { checkEvents, recordEvents } from '../../catalogue/index.ts'
import { host } from '../host.ts'
import { exits } from '../run.ts'
import { counted, EXIT, say } from '../terminal/output.ts'

const help = () => `
Exit codes: 0 in order · 1 something is to be recorded or repaired · 2 wrong usage

Examples:
  ${host().call('events check')}
  ${host().call('events record')}`

/** What events there are, and what was published of them. */
export function addEvents(program: Command): void {
  const events = program
    .command('events')
    .description('the types of events, and their versions')
    .addHelpText('after', help)
  events
    .command('check')
    .description('compare every event type with what was published of it, and read a recorded example of each version')
    .action(exits(async () => check()))
  events
    .command('record')
    .description('publish new types and versions, under src/events/published')
    .action(exits(async () => record()))
}

function check(): number {
  const findings = checkEvents()
  for (const { sentence } of findings) say(sentence)
  if (findings.length === 0) say('Every published version can be read, and is what the code says.')
  if (findings.some(({ wants }) => wants === 'recording')) say(`Record it: ${host().call('events record')}`)
  return findings.length === 0 ? EXIT.ok : EXIT.failed
}

function record(): number {
  const files = recordEvents()
  for (const file of files) say(`Recorded ${path.relative(process.cwd(), file)}.`)
  const left = checkEvents()
  for (const { sentence } of left) say(sentence)
  if (left.length === 0) say(files.length > 0 ? `${counted(files.length, 'version')} to commit.` : 'Nothing is new.')
  return left.length === 0 ? EXIT.ok : EXIT.failed
}
