import { setImmediate as turn } from 'node:timers/promises'
import { createLogger } from '#platform/log/logger'
import { deadline, testDatabase, type TestDatabase } from '#testing'
import { createWakeUp, listenForWakeUps, SPACING_MS } from './wake-up.ts'

let database: TestDatabase
beforeAll(async () => void (database = await testDatabase()))
afterAll(() => database.close())

test('the first wake-up goes out at once, and however many follow, they are few and the last one is heard', async () => {
  let heard = 0
  const listening = listenForWakeUps(database.url, createLogger('test', 'silent'), () => heard++)
  await deadline('it listens', () => heard === 1) // it looks once by itself
  const { wake } = createWakeUp(database.pool)
  const began = performance.now()
  for (let call = 0; call < 2_000; call++) {
    wake()
    if (call % 10 === 0) await turn()
  }
  const before = heard
  wake()
  await deadline('the last one is heard', () => heard > before)
  const most = Math.ceil((performance.now() - began) / SPACING_MS) + 1
  expect(heard - 1).toBeLessThanOrEqual(most)
  await listening.close()
})
