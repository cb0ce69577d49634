import { hostname } from 'node:os'
import { SingleBar } from 'cli-progress'
import type { Command } from 'commander'
import {
  findReactions,
  loadProjections,
  rebuild,
  Refused,
  type Projection,
  type Rebuilt,
  type RebuildProgress,
  type TableDifference,
} from '#messaging'
import type { Database } from '#platform/database'
import { createLogger } from '#platform/log/logger'
import { withDatabase } from '../connect.ts'
import { host, WORKERS } from '../host.ts'
import { exits } from '../run.ts'
import { json, positive } from '../terminal/options.ts'
import { confirm, counted, EXIT, isTerminal, say, sayJson } from '../terminal/output.ts'
import { untilStopped } from '../terminal/stop.ts'
import { didYouMean } from '../terminal/suggest.ts'

const help = () => `
Exit codes: 0 swapped · 1 stopped, or the tables differ and were not swapped · 2 wrong usage, or refused

The tables are built anew from all events beside the present ones, which go on answering; then they are swapped, in one
transaction. Stopped or killed, call it again: it goes on from there.

Examples:
  ${host().call('projections rebuild analytics.sales')}
  ${host().call('projections rebuild --all --compare')}`

interface Flags {
  all?: boolean
  compare?: boolean
  restart?: boolean
  batch?: number
  yes?: boolean
  json?: boolean
}

/** Connections: what is applied, what is read meanwhile, and the lease. */
const CONNECTIONS = 4

export function addRebuild(projections: Command): void {
  projections
    .command('rebuild')
    .argument('[projections...]', 'which')
    .description('build tables anew from all events, while the present ones answer')
    .option('--all', 'every projection of this release')
    .option('--compare', 'say what differs before the tables are swapped, and ask')
    .option('--restart', 'throw away what an earlier rebuild has left')
    .option('--batch <n>', 'most events of one transaction (5000)', positive)
    .option('-y, --yes', 'do not ask')
    .addOption(json())
    .addHelpText('after', help)
    .action(exits(run))
}

async function run(names: string[], flags: Flags): Promise<number> {
  const wanted = await selected(names, flags)
  const signal = untilStopped()
  const results: object[] = []
  let code: number = EXIT.ok
  await withDatabase(async (db) => {
    for (const projection of wanted) {
      if (signal.aborted) break
      const result = await rebuildOne(db, projection, flags, signal)
      results.push({
        projection: projection.name,
        ...result,
        from: Number(result.from),
        position: Number(result.position),
      })
      if (result.outcome !== 'swapped') code = EXIT.failed
    }
  }, CONNECTIONS)
  if (flags.json) sayJson(results)
  return code
}

async function selected(names: readonly string[], { all }: Flags): Promise<Projection[]> {
  const defined = await loadProjections(findReactions(WORKERS))
  if (all) return defined
  const known = defined.map(({ name }) => name)
  if (names.length === 0) throw new Refused(`Say which, or --all. There are: ${known.join(', ')}.`)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown)
    throw new Refused(
      `No projection is called ${unknown}.${didYouMean(unknown, known)} There are: ${known.join(', ')}.`,
    )
  return defined.filter(({ name }) => names.includes(name))
}

async function rebuildOne(db: Database, projection: Projection, flags: Flags, signal: AbortSignal): Promise<Rebuilt> {
  const { compare, restart = false, batch, json: asJson } = flags
  const bar = createBar(projection, flags)
  const accept = async (differences: TableDifference[]) => {
    bar?.stop()
    return isAccepted(projection, differences, flags)
  }
  const result = await rebuild(projection, {
    db,
    log: createLogger('rebuild', 'silent'),
    instance: `rebuild@${hostname()}:${process.pid}`,
    restart,
    signal,
    ...(batch && { batchSize: batch }),
    ...(compare && { accept }),
    onProgress: (progress) => bar?.update(progress),
  }).finally(() => bar?.stop())
  if (!asJson) say(sentenceOf(projection, result))
  return result
}

function sentenceOf({ name }: Projection, { outcome, from, position, ms }: Rebuilt): string {
  const events = Number(position - from)
  const rate = counted(Math.round(events / (ms / 1_000)), 'position')
  const built = `${counted(events, 'position')} in ${(ms / 1_000).toFixed(1)} s (${rate}/s)`
  if (outcome === 'stopped') return `${name}: stopped at position ${position}. Call it again: it goes on from there.`
  if (outcome === 'refused')
    return `${name}: built, ${built}, and not swapped. Without --compare, or with --yes, it is.`
  return `${name}: rebuilt and swapped, ${built}${from > 0n ? `, going on from position ${from}` : ''}.`
}

/** Differences are told; they are accepted by a person, or by --yes. */
async function isAccepted(
  { name }: Projection,
  differences: readonly TableDifference[],
  flags: Flags,
): Promise<boolean> {
  const found = differences.filter(({ present, rebuilt }) => present + rebuilt > 0)
  if (!flags.json) {
    for (const { table, present, rebuilt, examples } of found) {
      say(`${name}.${table}: ${counted(present, 'row')} only as it is, ${counted(rebuilt, 'row')} only rebuilt`)
      for (const { side, row } of examples) say(`  ${side === 'present' ? '-' : '+'} ${JSON.stringify(row)}`)
    }
    if (found.length === 0) say(`${name}: ${counted(differences.length, 'table')}, no difference.`)
  }
  if (found.length === 0 || flags.yes) return true
  if (!isTerminal()) return false
  return confirm(`Swap the tables of ${name}?`, flags).then(
    () => true,
    () => false,
  )
}

const BAR = '{name} {bar} {percentage}% · position {at} of {last} · {rate}/s · {eta_formatted} left'

/** On a terminal alone. */
function createBar({ name }: Projection, { json: asJson }: Flags) {
  if (asJson || !isTerminal()) return undefined
  const bar = new SingleBar({ format: BAR, hideCursor: true, etaBuffer: 50 })
  const began = performance.now()
  let isShown = false
  return {
    update({ from, position, to }: RebuildProgress) {
      const [done, total] = [Number(position - from), Number(to - from)]
      const rate = Math.round(done / ((performance.now() - began) / 1_000)).toLocaleString('en-GB')
      const words = { name, at: String(position), last: String(to), rate }
      if (!isShown) bar.start(total, done, words)
      isShown = true
      bar.setTotal(total)
      bar.update(done, words)
    },
    stop() {
      if (isShown) bar.stop()
      isShown = false
    },
  }
}
