import { deadline, testDatabase, type TestDatabase } from '#testing'
import { lowerWatermarks, requestRecovery } from './recovery-requests.ts'

let database: TestDatabase
beforeEach(async () => (database = await testDatabase()))
afterEach(() => database.close())

const someoneWaits = () =>
  deadline('someone waits for a lock', async () => {
    const [row] = await database.db.$queryRaw<[{ waits: boolean }]>`
      SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') AS waits`
    return row.waits
  })

test('two that request recovery of the same reactions wait for each other, in whatever order they name them', async () => {
  const { db } = database
  await requestRecovery(db, ['a', 'b'])
  let others: Promise<void>
  await db.$transaction(async (tx) => {
    await requestRecovery(tx, ['a'])
    others = requestRecovery(db, ['b', 'a'])
    await someoneWaits()
    await requestRecovery(tx, ['b'])
  })
  await others!
})

test('lowered watermarks are locked in the order of requests', async () => {
  const { db } = database
  for (const reaction of ['b', 'a']) await requestRecovery(db, [reaction])
  let lowered: Promise<unknown>
  await db.$transaction(async (tx) => {
    await requestRecovery(tx, ['a'])
    lowered = db.$transaction((other) => lowerWatermarks(other, 0n))
    await someoneWaits()
    await requestRecovery(tx, ['b'])
  })
  await lowered!
})
