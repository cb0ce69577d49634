import { setTimeout as wait } from 'node:timers/promises'
import type { Environment } from '../environment/environment.ts'
import { progressOf, type Progress } from './counts.ts'
import type { Demand } from './customers.ts'
import { openPeer, type PeerProcesses } from './processes.ts'

const PATIENCE_S = 60
/** More orders a second would only fill the tables. */
const FASTEST = 200

export interface Pace {
  /** From the first order to the last fourth effect. */
  ordersPerS: number
  /** Median milliseconds of an order at the easy rate. */
  orderMs: number
}

/** Orders a second at half the pace: under load, and still able to catch up. */
export const easyRate = (ordersPerS: number) => Math.min(FASTEST, ordersPerS / 2)

/** As many orders as 16 customers place in so many seconds, until the last is done; then some at ease. */
export async function measurePace(environment: Environment, peer: string, seconds: number): Promise<Pace> {
  const processes = await openPeer(environment, peer)
  for (const role of processes.roles) if (role !== 'produce') await processes.start(role)
  await place(processes, 1, {}) // so that everything has run once
  const { confirmed, seconds: took } = await place(processes, seconds, {})
  const ordersPerS = confirmed / took
  const { orderMs } = await place(processes, 2, { RATE: String(easyRate(ordersPerS)) })
  return { ordersPerS, orderMs }
}

async function place({ database, start }: PeerProcesses, seconds: number, demand: Demand): Promise<Progress> {
  await database.pool.query('TRUNCATE peer_orders, peer_effects')
  const producer = await start('produce', { SECONDS: String(seconds), ANSWERED: '', ...demand })
  await wait(seconds * 1_000 + 100)
  const end = performance.now() + PATIENCE_S * 1_000
  for (;;) {
    const progress = await progressOf(database.pool)
    const { confirmed, placed } = progress
    if (placed > 0 && confirmed >= placed) return producer.stop().then(() => progress)
    if (performance.now() > end)
      throw new Error(`${confirmed} of ${placed} orders were done ${PATIENCE_S} s after the last: ${producer.output()}`)
    await wait(100)
  }
}
