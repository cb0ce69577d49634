import { rounded, type Schedule, type Tables } from '../contest.ts'
import { CONFIGURATIONS, type Configuration } from '../comparison/configurations.ts'
import type { Counts } from '../comparison/counts.ts'
import { KILLS, killUnderLoad, PATIENCE_S, rateUnderKills } from '../comparison/kills.ts'
import { installPeers, versions } from '../comparison/packages.ts'
import { measurePace } from '../comparison/pace.ts'
import type { Options } from '../options.ts'
import { SetupError } from '../../scripts/services/index.ts'
import type { Stage } from '../stage/stage.ts'
import { median, spreadOf } from '../statistics.ts'

/** The same small order flow in other ways: how fast, and what is lost or doubled when processes are killed. */
export async function peers(stage: Stage, { peer }: Options, schedule: Schedule): Promise<Tables> {
  const chosen = choose(peer)
  installPeers(schedule.say)
  const paces = await inRounds(stage, chosen, schedule)
  const counts = await killed(stage, chosen, paces, schedule.say)
  const rows = chosen.map((one) => rowOf(one, paces.get(one)!, counts.get(one)!))
  return {
    name: 'peers',
    title: 'Other ways of doing the same',
    method: METHOD,
    settings: versions(),
    tables: [{ title: 'Pace, and what kill -9 does', columns: COLUMNS, rows, note: NOTE }],
  }
}

function choose(peer: string | undefined): readonly Configuration[] {
  const chosen = CONFIGURATIONS.filter((one) => peer === undefined || one.peer === peer)
  const names = [...new Set(CONFIGURATIONS.map((one) => one.peer))].join(', ')
  if (chosen.length === 0) throw new SetupError(`There is no peer called ${peer}. There are: ${names}.`)
  return chosen
}

const nameOf = ({ title, configuration }: Configuration) => `${title}, ${configuration}`

/** All in turn, round after round, so that what else this machine does falls on all of them alike. */
async function inRounds(
  stage: Stage,
  chosen: readonly Configuration[],
  { rounds, seconds, settle, say }: Schedule,
): Promise<Map<Configuration, number[]>> {
  const paces = new Map(chosen.map((one) => [one, [] as number[]]))
  for (let round = 1; round <= rounds; round++)
    for (const [one, before] of paces) {
      await settle()
      const pace = await measurePace(stage, one, { seconds, known: before.at(-1) })
      before.push(pace)
      say(`  ${round}/${rounds}  ${nameOf(one).padEnd(44)}  ${rounded(pace)} orders/s`)
    }
  return paces
}

/** One configuration after the other is killed; the patience with them runs side by side. */
async function killed(
  stage: Stage,
  chosen: readonly Configuration[],
  paces: ReadonlyMap<Configuration, readonly number[]>,
  say: (line: string) => void,
): Promise<Map<Configuration, Counts>> {
  const waiting: { one: Configuration; counts: Promise<Counts> }[] = []
  for (const one of chosen) {
    say(`  killing ${nameOf(one)}`)
    waiting.push({ one, ...(await killUnderLoad(stage, one, rateUnderKills(median(paces.get(one)!)))) })
  }
  say(`  waiting until ${PATIENCE_S} s after the last kill`)
  const counted = await Promise.all(waiting.map(async ({ one, counts }) => [one, await counts] as const))
  return new Map(counted)
}

const COLUMNS = [
  '',
  '',
  'settings',
  'orders/s',
  'ms to fourth effect',
  'orders placed under kills',
  `not done ${PATIENCE_S} s after`,
  'effects doubled',
  'last effect after s',
]

function rowOf({ title, configuration, settings }: Configuration, paces: readonly number[], counts: Counts) {
  const { median, min, max } = spreadOf(paces)
  const { placed, notDone, doubled, lastEffectAfterS, calmMs } = counts
  const pace = `${rounded(median)} (${rounded(min)}–${rounded(max)})`
  const demand = `${rounded(placed)} at ${rounded(rateUnderKills(median))}/s`
  return [title, configuration, settings, pace, calmMs ?? '–', demand, notDone, doubled, lastEffectAfterS]
}

const METHOD =
  'A small order flow: an order is committed, three reactions write an effect each, and a fourth one when all three have ' +
  'answered. One process places orders, 16 at once, one works with all reactions, and what the way needs beside them runs too: ' +
  "a relay, Restate's server. Every order is a transaction of its own unless the row says otherwise. The pace counts from the " +
  'first order to the last fourth effect. Then, on a fresh database, orders come in at half that pace, 200 a second at most: for ' +
  'three seconds undisturbed, which tell the median time from an order to its fourth effect, and then each process is killed ' +
  `with SIGKILL ${KILLS} times, in turn, 0.3 to 0.9 s after the last one worked again; the services (PostgreSQL, RabbitMQ, ` +
  "Redis, Restate's server) are not. An order counts as placed when it is stored or its customer was answered."

const NOTE =
  'Default is what the documentation of a way begins with, tuned what it offers beside; nothing is deduplicated by hand unless ' +
  'the row says so. Publish after commit, Nest and BullMQ write to PostgreSQL and then to the broker: killed in between, the ' +
  "order is stored and nobody reacts to it, ever. Nest's default acknowledges a message before it is handled, and what was in " +
  "memory is gone. BullMQ's default gives up a job whose worker was killed twice. pg-boss's default handles one job of a queue " +
  'every two seconds, and gives the job of a killed worker to another one after 15 minutes: not done here, but not lost. What ' +
  'commits its effect and notes in a second write that it is done (publish after commit, Nest, BullMQ, the defaults of pg-boss ' +
  'and DBOS, Restate) does it again when it is killed in between.'
