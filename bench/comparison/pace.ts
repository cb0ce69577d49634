import { setTimeout as wait } from 'node:timers/promises'
import type { BenchDatabase } from '../stage/databases.ts'
import type { Stage } from '../stage/stage.ts'
import type { Configuration } from './configurations.ts'
import { gather, type Troupe } from './troupe.ts'

/** A worker that polls every two seconds takes its time even for these. */
const FEWEST = 5
const WARM_UP_S = 1
/** Of the number of orders, from one try to the next, until a run fills its time. */
const GROWTH = 6
const PATIENCE_S = 120

/**
 * Orders a second, from the first order to the last fourth effect.
 * @param seconds how long a run should take: what polls is to show what it can do, not how long it waits
 * @param known the pace of an earlier round
 */
export async function measurePace(
  stage: Stage,
  configuration: Configuration,
  { seconds, known }: { seconds: number; known: number | undefined },
): Promise<number> {
  const troupe = await gather(stage, configuration)
  const standing = []
  for (const role of troupe.roles) if (role !== 'produce') standing.push(await troupe.start(role))
  const pace = known === undefined ? await findPace(troupe, seconds) : await warmAndPlace(troupe, known, seconds)
  await Promise.all(standing.map((process) => process.stop()))
  await troupe.close()
  return pace
}

/** More and more orders, until they take their time. */
async function findPace(troupe: Troupe, seconds: number): Promise<number> {
  for (let count = FEWEST; ;) {
    const pace = await place(troupe, count)
    const took = count / pace
    if (took > 0.7 * seconds) return pace
    count = Math.ceil(count * Math.min(GROWTH, seconds / took))
  }
}

async function warmAndPlace(troupe: Troupe, known: number, seconds: number): Promise<number> {
  if (known * WARM_UP_S > FEWEST) await place(troupe, known * WARM_UP_S)
  return place(troupe, known * seconds)
}

async function place({ database, start }: Troupe, wanted: number): Promise<number> {
  const count = Math.max(FEWEST, Math.ceil(wanted))
  await database.pool.query('TRUNCATE peer_orders, peer_effects')
  const producer = await start('produce', { COUNT: String(count), ANSWERED: '' })
  const ended = producer.ended.then(() => {
    throw new Error(`the producer has ended by itself: ${producer.output()}`)
  })
  const pace = await Promise.race([untilConfirmed(database, count), ended])
  await producer.stop()
  return pace
}

async function untilConfirmed({ pool }: BenchDatabase, count: number): Promise<number> {
  const end = performance.now() + PATIENCE_S * 1_000
  for (;;) {
    const { rows } = await pool.query<{ done: number; seconds: number }>(
      `SELECT count(*)::int AS done, extract(epoch FROM max(at) - (SELECT min(placed_at) FROM peer_orders))::float8 AS seconds
       FROM peer_effects WHERE reaction = 'confirm'`,
    )
    const { done, seconds } = rows[0]!
    if (done >= count) return count / seconds
    if (performance.now() > end) throw new Error(`${done} of ${count} orders were confirmed within ${PATIENCE_S} s`)
    await wait(100)
  }
}
