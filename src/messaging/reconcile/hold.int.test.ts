import { testDatabase, type TestDatabase } from '#testing'
import { holdReaction } from './hold.ts'

let database: TestDatabase
beforeEach(async () => (database = await testDatabase()))
afterEach(() => database.close())

test('what was found to be settled before a failover moves no watermark after it', async () => {
  const { db } = database
  await db.relayLease.create({ data: { name: 'relay', position: 10n, expiresAt: new Date() } })
  const hold = await holdReaction(db, 'test.any', 'test')
  await hold!.moveTo(5n)
  await db.$executeRaw`
    CREATE OR REPLACE FUNCTION wal_timeline() RETURNS text LANGUAGE sql AS $$ SELECT '00000002' $$`
  await expect(hold!.moveTo(10n)).rejects.toThrow('has failed over')
  expect(await db.reconcileState.findFirst()).toMatchObject({ watermark: 5n })
})
