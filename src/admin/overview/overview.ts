import {
  countStanding,
  findRecoveries,
  findStuck,
  findStuckProjections,
  isBehind,
  listPauses,
  outagesOf,
  readOpenBreakers,
  readSince,
  readSpan,
  type StuckCause,
} from '#messaging'
import { readPlaced, readStates } from '#domains/order'
import type { Overview } from '../contract/index.ts'
import { byWeight, outageFailure, pauseFailure, projectionFailure, recoveryFailure, toFailure } from './failures.ts'
import { readHealth } from './health.ts'
import { readRunning } from './running.ts'
import type { AdminNeeds } from '../needs.ts'

/** Milliseconds that a message or an event may be on its way before it is told as a failure. */
const PATIENCE_MS = 10_000

type Asked = Pick<AdminNeeds, 'db' | 'isKnown' | 'services'>

/** What a person who was woken at night looks at first. */
export async function readOverview(asked: Asked): Promise<Overview> {
  const { db } = asked
  const [placed, states, untilConfirmed, untilShipped, deliveries, failing, health, running] = await Promise.all([
    readPlaced(db),
    readStates(db, 1),
    readSpan(db, 'order.placed', 'order.confirmed'),
    readSpan(db, 'order.placed', 'order.shipped'),
    countStanding(db),
    readFailures(asked),
    readHealth(asked),
    readRunning(db),
  ])
  const lastTen = placed.slice(-3, -1) // the last bar is not full yet
  return {
    at: new Date().toISOString(),
    ordersPerSecond: sum(lastTen.map(({ orders }) => orders)) / sum(lastTen.map(({ seconds }) => seconds)),
    placed: placed.map(({ at, ...bar }) => ({ at: at.toISOString(), ...bar })),
    states,
    untilConfirmed,
    untilShipped,
    deliveries,
    ...failing,
    health,
    running,
  }
}

/** What waits for a reaction that is paused, waits for what paused it: one failure tells both. */
async function readFailures({ db, isKnown }: Asked): Promise<Pick<Overview, 'breakers' | 'failures'>> {
  const [causes, projections, pauses, open, recoveries] = await Promise.all([
    findStuck(db),
    findStuckProjections(db, PATIENCE_MS),
    listPauses(db),
    readOpenBreakers(db),
    findRecoveries(db),
  ])
  const outages = outagesOf(open)
  const [behind, rest] = divide(causes, (cause) => isBehind(cause, outages))
  const [held, others] = divide(rest, ({ kind }) => kind === 'paused')
  const changed = await readSince(db, others.filter(isOfLetters).slice(0, MOST_CHANGED))
  const failures = [
    ...outages.map((outage) => outageFailure(outage, behind)),
    ...pauses.map((pause) => pauseFailure(pause, held)),
    ...recoveries.map(recoveryFailure),
    ...others.map((cause) => toFailure(cause, isKnown, changed.find(isOf(cause)))),
    ...projections.map(projectionFailure),
  ]
  const breakers = outages.map(({ since, ...outage }) => ({ ...outage, since: since.toISOString() }))
  return { breakers, failures: failures.toSorted(byWeight) }
}

/** Of so many causes of dead letters it is told what has changed since, the newest first. */
const MOST_CHANGED = 50

interface CauseOfLetters {
  reaction: string
  fingerprint: string
}

const isOfLetters = (cause: StuckCause): cause is StuckCause & CauseOfLetters =>
  cause.kind === 'dead' && cause.reaction !== null && cause.fingerprint !== null

const isOf =
  ({ kind, reaction, fingerprint }: StuckCause) =>
  (one: CauseOfLetters) =>
    kind === 'dead' && one.reaction === reaction && one.fingerprint === fingerprint

const divide = <One>(all: readonly One[], isFirst: (one: One) => boolean): [One[], One[]] => [
  all.filter(isFirst),
  all.filter((one) => !isFirst(one)),
]

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
