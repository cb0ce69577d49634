import type { Command } from 'commander'
import { askRun, readSchedules, type Schedule } from '#messaging'
import { withDatabase } from '../../connect.ts'
import { host } from '../../host.ts'
import { inName, signed, type Signature } from '../../in-name.ts'
import { exits } from '../../run.ts'
import { json } from '../../terminal/options.ts'
import { ago, cut, EXIT, say, sayJson, table } from '../../terminal/output.ts'

const help = () => `
Exit codes: 0 ok · 1 a schedule has failed or is late · 2 wrong usage, or refused without changing anything

Examples:
  ${host().call('schedules list')}
  ${host().call("schedules run messaging.reconcile --reason 'the broker was restored'")}`

/** What runs by the clock. */
export function addSchedules(program: Command): void {
  const schedules = program
    .command('schedules')
    .description('what runs by the clock, and how it went; have one run now')
    .addHelpText('after', help)
  schedules
    .command('list')
    .description('the latest run of each, how it ended, and when the next one is due')
    .addOption(json())
    .action(exits(list))
  signed(schedules.command('run <schedule>').description('have it run now, out of turn')).action(exits(run))
}

async function list({ json: asJson }: { json?: boolean }): Promise<number> {
  const all = await withDatabase((db) => readSchedules(db))
  if (asJson) sayJson(all)
  else if (all.length === 0) say('Nothing has run by the clock yet: fanfare scheduler runs these.')
  else say(table(['schedule', 'state', 'last run', 'took', 'next due', 'what it did'], all.map(toRow)))
  return all.some(({ state }) => state === 'failed' || state === 'late') ? EXIT.failed : EXIT.ok
}

const toRow = ({ name, state, begunAt, durationMs, nextDueAt, isAsked, result, error, failures }: Schedule) => [
  name,
  isAsked ? `${state}, asked for` : state,
  ago(new Date(begunAt)),
  durationMs === null ? '' : `${durationMs} ms`,
  nextDueAt.slice(11, 19),
  cut(failures > 0 ? (error ?? '') : result === null ? 'nothing to do' : JSON.stringify(result), 60),
]

async function run(schedule: string, signature: Signature): Promise<number> {
  const { operator, reason } = inName(signature)
  await withDatabase((db) => askRun({ db, operator }, { schedule, reason }))
  say(`${schedule} runs as soon as a scheduler takes it up, within seconds: ${host().call('schedules list')}`)
  return EXIT.ok
}
