import { compare, nameOf, type Finding } from '../comparison/findings.ts'
import { CONFIGURATIONS, type Configuration } from '../comparison/configurations.ts'
import { KILLS, PATIENCE_S } from '../comparison/kills.ts'
import { installPeers, versions } from '../comparison/packages.ts'
import { paceOf, rateOf } from '../comparison/pace.ts'
import { rounded, type Schedule, type Tables } from '../contest.ts'
import type { Options } from '../options.ts'
import { SetupError } from '../../dev/services/index.ts'
import type { Stage } from '../stage/stage.ts'

/** The same small order flow in other ways: how fast, and what is lost or doubled when processes are killed. */
export async function peers(stage: Stage, { peer }: Options, schedule: Schedule): Promise<Tables> {
  const chosen = choose(peer)
  installPeers(schedule.say)
  const findings = await compare(stage, chosen, schedule)
  return {
    name: 'peers',
    title: 'Other ways of doing the same',
    method: METHOD,
    settings: versions(),
    tables: [{ title: 'Pace, and what kill -9 does', columns: COLUMNS, rows: findings.map(rowOf), note: NOTE }],
    failures: findings.flatMap(({ one, failure }) => (failure === undefined ? [] : [`${nameOf(one)}: ${failure}`])),
  }
}

function choose(peer: string | undefined): readonly Configuration[] {
  const chosen = CONFIGURATIONS.filter((one) => peer === undefined || one.peer === peer)
  const names = [...new Set(CONFIGURATIONS.map((one) => one.peer))].join(', ')
  if (chosen.length === 0) throw new SetupError(`There is no peer called ${peer}. There are: ${names}.`)
  return chosen
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

/** What has failed has no figures from there on. */
function rowOf({ one, paces, counts }: Finding): (string | number)[] {
  const what = [one.title, one.configuration, one.settings]
  if (paces.length === 0) return [...what, 'failed', ...Array<string>(5).fill('–')]
  const { median, min, max } = paceOf(paces)
  const measured = [...what, `${rounded(median)} (${rounded(min)}–${rounded(max)})`, paces[0]!.orderMs ?? '–']
  if (!counts) return [...measured, 'failed', ...Array<string>(3).fill('–')]
  const { placed, notDone, doubled, lastEffectAfterS } = counts
  return [...measured, `${rounded(placed)} at ${rounded(rateOf(paces))}/s`, notDone, doubled, lastEffectAfterS]
}

const METHOD =
  'A small order flow: an order is committed, three reactions write an effect each, and a fourth one when all three have ' +
  'answered. One process places orders, 16 at once, one works with all reactions, and what the way needs beside them runs too: ' +
  "a relay, Restate's server. Every order is a transaction of its own unless the row says otherwise. The pace counts from the " +
  'first order to the last fourth effect; the time to the fourth effect is that of the median order at half the pace, 200 a ' +
  'second at most. Then, on a fresh database and with orders coming in at the same rate, each process is killed with SIGKILL ' +
  `${KILLS} times, in turn, 0.3 to 0.9 s after the last one worked again; the services (PostgreSQL, RabbitMQ, Redis, Restate's ` +
  `server) are not. An order counts as placed when it is stored or its customer was answered. ${PATIENCE_S} s after the last ` +
  'kill it is counted what is missing and what is there twice.'

const NOTE =
  'Default is what the documentation of a way begins with, tuned what it offers beside; nothing is deduplicated by hand unless ' +
  'the row says so. Publish after commit, Nest and BullMQ write to PostgreSQL and then to the broker: killed in between, the ' +
  "order is stored and nobody reacts to it, ever. Nest's default acknowledges a message before it is handled, and what was in " +
  "memory is gone. BullMQ's default gives up a job whose worker was killed twice. pg-boss's default handles one job of a queue " +
  'every two seconds, so few orders that they tell little of kills, and gives the job of a killed worker to another one after ' +
  '15 minutes: not done here, but not lost. What commits its effect and notes in a second write that it is done (publish after ' +
  'commit, Nest, BullMQ, the default of pg-boss, Restate) does it again when it is killed in between. DBOS notes it in the ' +
  "effect's own transaction, as its documentation asks of database writes; in its plain steps it would do it again too."
