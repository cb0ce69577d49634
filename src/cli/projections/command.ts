import type { Command } from 'commander'
import {
  findReactions,
  listProjections,
  loadProjections,
  pauseProjection,
  Refused,
  removeProjection,
  resumeProjection,
  type Projection,
  type ProjectionStatus,
} from '#messaging'
import { withDatabase } from '../connect.ts'
import { host, WORKERS } from '../host.ts'
import { exits } from '../run.ts'
import { json } from '../terminal/options.ts'
import { confirm, cut, EXIT, say, sayJson, table } from '../terminal/output.ts'
import { didYouMean } from '../terminal/suggest.ts'
import { addRebuild } from './rebuild.ts'

const help = () => `
Exit codes: 0 ok · 1 a projection has failed or needs a rebuild, or a rebuild was stopped · 2 wrong usage, or refused

Examples:
  ${host().call('projections list')}
  ${host().call('projections rebuild analytics.sales --compare')}`

interface Flags {
  json?: boolean
  yes?: boolean
}

/** The read models: where they stand, and building them anew. */
export function addProjections(program: Command): void {
  const projections = program
    .command('projections')
    .description('the read models: where they stand, rebuild, pause, resume')
    .addHelpText('after', help)
  projections
    .command('list')
    .description('how far each has come, and what keeps it')
    .addOption(json())
    .action(exits(list))
  addRebuild(projections)
  projections
    .command('pause <projection>')
    .description('leave its tables as they are from now on')
    .action(exits((name: string) => change(name, pauseProjection, 'paused')))
  projections
    .command('resume <projection>')
    .description('let it go on: it was paused, or what it failed on is repaired')
    .action(exits((name: string) => change(name, resumeProjection, 'goes on')))
  projections
    .command('remove <projection>')
    .description('drop the tables of one whose file is gone')
    .option('-y, --yes', 'do not ask')
    .action(exits(remove))
}

const definedProjections = () => loadProjections(findReactions(WORKERS))

async function list({ json: asJson }: Flags): Promise<number> {
  const defined = await definedProjections()
  const known = await withDatabase(listProjections)
  const rows = known.map((status) => ({ ...status, state: stateOf(status, defined) }))
  const missing = defined.filter(({ name }) => !known.some((status) => status.name === name))
  if (asJson) sayJson([...rows.map(plain), ...missing.map(({ name }) => ({ name, state: 'not started' }))])
  else print(rows, missing)
  return rows.some(({ state }) => state === 'failed' || state === 'needs a rebuild') ? EXIT.failed : EXIT.ok
}

type Shown = Omit<ProjectionStatus, 'state'> & { state: string }

function stateOf({ name, version, state }: ProjectionStatus, defined: readonly Projection[]): string {
  const definition = defined.find((one) => one.name === name)
  if (!definition) return 'not of this release'
  if (version < definition.version) return 'needs a rebuild'
  return version > definition.version ? 'of a newer release' : state
}

const plain = ({ position, behind, shadowPosition, ...rest }: Shown) => ({
  ...rest,
  position: Number(position),
  behind: Number(behind),
  shadowPosition: shadowPosition === null ? null : Number(shadowPosition),
})

function print(rows: readonly Shown[], missing: readonly Projection[]) {
  const head = ['projection', 'state', 'position', 'behind', 'lag', 'held by', 'rebuild']
  const cells = rows.map((row) => [
    row.name,
    row.state,
    String(row.position),
    String(row.behind),
    `${row.lagSeconds.toFixed(1)} s`,
    row.holder ?? 'nobody',
    row.shadowPosition === null ? '' : `at ${row.shadowPosition}`,
  ])
  say(table(head, [...cells, ...missing.map(({ name }) => [name, 'not started', '', '', '', '', ''])]))
  for (const { name, state, reason } of rows) {
    if (state === 'failed') say(`\n${name}: ${cut(reason ?? '', 400)}\n  ${host().call(`projections resume ${name}`)}`)
    if (state === 'needs a rebuild') say(`\n${name}: ${host().call(`projections rebuild ${name}`)}`)
  }
}

async function change(name: string, how: typeof pauseProjection, said: string): Promise<number> {
  await withDatabase(async (db) => {
    const known = await listProjections(db)
    const one = known.find((status) => status.name === name)
    if (!one) throw unknownProjection(name, known)
    if (!(await how(db, name))) throw new Refused(`${name} is ${one.state}: it stands still already.`)
  })
  say(`${name} ${said}.`)
  return EXIT.ok
}

async function remove(name: string, flags: Flags): Promise<number> {
  if ((await definedProjections()).some((one) => one.name === name))
    throw new Refused(`This release still defines ${name}: remove its file first.`)
  await withDatabase(async (db) => {
    const known = await listProjections(db)
    if (!known.some((status) => status.name === name)) throw unknownProjection(name, known)
    await confirm(`Drop the tables of ${name}?`, flags)
    await removeProjection(db, name)
  })
  say(`${name} is gone.`)
  return EXIT.ok
}

function unknownProjection(name: string, known: readonly { name: string }[]): Refused {
  const names = known.map((one) => one.name)
  return new Refused(
    `No projection is called ${name}.${didYouMean(name, names)} There are: ${names.join(', ') || 'none yet'}.`,
  )
}
