import { findStuck, findStuckProjections, readFigures, readSpan } from '#messaging'
import { readPlaced, readStates } from '#domains/order'
import type { Overview } from './contract/index.ts'
import { byWeight, projectionFailure, toFailure } from './failures.ts'
import { readHealth } from './health.ts'
import type { AdminNeeds } from './needs.ts'

/** Milliseconds that a message or an event may be on its way before it is told as a failure. */
const PATIENCE_MS = 10_000

type Asked = Pick<AdminNeeds, 'db' | 'isKnown' | 'services'>

/** What a person who was woken at night looks at first. */
export async function readOverview(asked: Asked): Promise<Overview> {
  const { db } = asked
  const [placed, states, untilConfirmed, untilShipped, deliveries, failures, health] = await Promise.all([
    readPlaced(db),
    readStates(db, 1),
    readSpan(db, 'order.placed', 'order.confirmed'),
    readSpan(db, 'order.placed', 'order.shipped'),
    countDeliveries(asked),
    readFailures(asked),
    readHealth(asked),
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
    failures,
    health,
  }
}

async function countDeliveries({ db }: Asked): Promise<Overview['deliveries']> {
  const { reactions } = await readFigures(db)
  const of = (state: 'retrying' | 'blocked' | 'held' | 'dead') => sum(reactions.map((one) => one[state]))
  return { retrying: of('retrying'), blocked: of('blocked'), held: of('held'), dead: of('dead') }
}

async function readFailures({ db, isKnown }: Asked): Promise<Overview['failures']> {
  const [causes, projections] = await Promise.all([findStuck(db), findStuckProjections(db, PATIENCE_MS)])
  return [...causes.map((cause) => toFailure(cause, isKnown)), ...projections.map(projectionFailure)].toSorted(byWeight)
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
