import { setTimeout as wait } from 'node:timers/promises'
import type { BenchDatabase } from '../stage/databases.ts'
import type { Stage } from '../stage/stage.ts'
import { spreadOf } from '../statistics.ts'
import type { Configuration } from './configurations.ts'
import { progressOf, type Progress } from './counts.ts'
import { easyRate, type Demand } from './customers.ts'
import { gather, type Troupe } from './troupe.ts'

/** A worker that polls every two seconds takes its time even for these. */
const FEWEST = 4
const WARM_UP_S = 1
/** Of the number of orders, from one try to the next, until a run fills its time. */
const GROWTH = 10
const PATIENCE_S = 60
/** Beside which a single order is looked at. */
const CALM_S = 2

export interface Pace {
  /** From the first order to the last fourth effect. */
  ordersPerS: number
  /** Median milliseconds of an order at half that pace; told in the first round only. */
  orderMs?: number
}

export const paceOf = (paces: readonly Pace[]) => spreadOf(paces.map(({ ordersPerS }) => ordersPerS))

/** Orders a second for whatever does not ask for the pace. */
export const rateOf = (paces: readonly Pace[]) => easyRate(paceOf(paces).median)

/**
 * @param seconds how long a run should take: what polls is to show what it can do, not how long it waits
 * @param known what an earlier round has found
 */
export async function measurePace(
  stage: Stage,
  configuration: Configuration,
  { seconds, known }: { seconds: number; known: Pace | undefined },
): Promise<Pace> {
  const troupe = await gather(stage, configuration)
  try {
    for (const role of troupe.roles) if (role !== 'produce') await troupe.start(role)
    return known ? await warmAndPlace(troupe, known.ordersPerS, seconds) : await explore(troupe, seconds)
  } finally {
    await troupe.close()
  }
}

/** More and more orders, until they take their time; then some at ease. */
async function explore(troupe: Troupe, seconds: number): Promise<Pace> {
  for (let count = FEWEST; ;) {
    const { confirmed, seconds: took } = await place(troupe, count)
    const ordersPerS = confirmed / took
    if (took > 0.7 * seconds) return { ordersPerS, orderMs: await atEase(troupe, ordersPerS) }
    count *= Math.min(GROWTH, seconds / took)
  }
}

async function atEase(troupe: Troupe, ordersPerS: number): Promise<number> {
  const rate = easyRate(ordersPerS)
  return (await place(troupe, rate * CALM_S, { RATE: String(rate) })).orderMs
}

async function warmAndPlace(troupe: Troupe, known: number, seconds: number): Promise<Pace> {
  if (known * WARM_UP_S > FEWEST) await place(troupe, known * WARM_UP_S)
  const { confirmed, seconds: took } = await place(troupe, known * seconds)
  return { ordersPerS: confirmed / took }
}

async function place({ database, start }: Troupe, wanted: number, demand: Demand = {}): Promise<Progress> {
  const count = Math.max(FEWEST, Math.ceil(wanted))
  await database.pool.query('TRUNCATE peer_orders, peer_effects')
  const producer = await start('produce', { COUNT: String(count), ANSWERED: '', ...demand })
  const ended = producer.ended.then(() => {
    throw new Error(`the producer has ended by itself: ${producer.output()}`)
  })
  const progress = await Promise.race([untilConfirmed(database, count), ended])
  await producer.stop()
  return progress
}

async function untilConfirmed({ pool }: BenchDatabase, count: number): Promise<Progress> {
  const end = performance.now() + PATIENCE_S * 1_000
  for (;;) {
    const progress = await progressOf(pool)
    if (progress.confirmed >= count) return progress
    if (performance.now() > end)
      throw new Error(`${progress.confirmed} of ${count} orders were confirmed within ${PATIENCE_S} s`)
    await wait(100)
  }
}
