import type pg from 'pg'
import { createLogger } from '#platform/log/logger'
import { deadline, testDatabase, type TestDatabase } from '#testing'
import { createWakeUp, listenForWakeUps, SPACING_MS } from './wake-up.ts'

let database: TestDatabase
beforeAll(async () => void (database = await testDatabase()))
afterAll(() => database.close())

/** The pool, and when each of its statements began and ended. */
function watched({ pool }: TestDatabase) {
  const asked: { began: number; ended: number }[] = []
  const query = async (text: string) => {
    const one = { began: performance.now(), ended: Infinity }
    asked.push(one)
    await pool.query(text)
    one.ended = performance.now()
  }
  return { asked, pool: { query } as unknown as pg.Pool }
}

/** A timer of Node may fire so many milliseconds early. */
const EARLY_MS = 1

test('the first wake-up goes out at once, others with a pause between them, and the last one is heard', async () => {
  let heard = 0
  const listening = listenForWakeUps(database.url, createLogger('test', 'silent'), () => heard++)
  await deadline('it listens', () => heard === 1) // it looks once by itself
  const { asked, pool } = watched(database)
  const { wake } = createWakeUp(pool)
  wake()
  expect(asked).toHaveLength(1)
  await deadline('ten have been sent', () => (wake(), asked.length >= 10), { every: 0 })
  const pauses = asked.slice(1).map(({ began }, index) => began - asked[index]!.ended)
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(SPACING_MS - EARLY_MS)
  const before = asked.length
  wake()
  await deadline('the last one is heard', () => asked.length > before && heard === asked.length + 1)
  await listening.close()
})
