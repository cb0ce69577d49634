import { deadline, testDatabase, type TestDatabase } from '#testing'
import { createCheckpoint } from './checkpoint.ts'
import { acquireRelayLease } from './relay-lease.ts'

let database: TestDatabase
beforeEach(async () => (database = await testDatabase()))
afterEach(() => database.close())

test('a checkpoint that could not be written is told of although nothing more is published', async () => {
  const { db } = database
  await db.$executeRaw`SELECT setval('events_position_seq', 100)`
  const acquired = await acquireRelayLease({ db, instance: 'test', onOtherStore: async () => {} })
  try {
    const checkpoint = createCheckpoint({
      ...acquired!,
      db,
      publishing: { takeMissed: () => ['test.sick'] },
      requestRecovery: () => Promise.reject(new Error('the connection is lost')),
    })
    const isTold = () =>
      checkpoint.moveTo(10n).then(
        () => false,
        () => true,
      )
    await deadline('told of', isTold)
  } finally {
    await acquired!.lease.release()
  }
})
