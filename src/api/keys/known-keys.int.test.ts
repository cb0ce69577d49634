import { SCOPES } from '#http'
import { deadline, testDatabase, type TestDatabase } from '#testing'
import { createClient } from './clients.ts'
import { issueKey, listKeys, plantKey, revokeKey, rotateKey } from './issue.ts'
import { DEMO_KEY } from './key-text.ts'
import { createApiKeys, refuseDemoKey } from './known-keys.ts'

let database: TestDatabase
beforeAll(async () => void (database = await testDatabase()))
afterAll(() => database.close())

const HOUR = 3_600_000

/** Counts look-ups. */
function counted({ db }: TestDatabase) {
  const seen = { lookUps: 0 }
  const counting = db.$extends({
    query: {
      $queryRaw({ args, query }) {
        seen.lookUps++
        return query(args)
      },
    },
  })
  return { db: counting as unknown as TestDatabase['db'], seen }
}

describe('keys', () => {
  it('say who asks and what they may do, and are stored as hashes', async () => {
    const client = await createClient(database.db, 'shop')
    const keys = createApiKeys(database.db)
    const { key, id } = await issueKey(database.db, client, { scopes: ['orders:read'], test: true })
    expect(key).toMatch(/^fanfare_test_[0-9a-f]{8}_[\w-]{43}[0-9a-f]{8}$/)
    expect(key).toContain(id)
    expect(await keys.callerOf(key)).toEqual({
      clientId: client.id,
      client: 'shop',
      scopes: new Set(['orders:read']),
      test: true,
      actor: `shop/${id}`,
    })
    const [stored] = await database.db.apiKey.findMany({ where: { clientId: client.id } })
    expect(stored!.hash).toHaveLength(32)
    expect(Buffer.from(stored!.hash).toString('latin1')).not.toContain(key)
  })

  it('tell when they were last used, after their first use', async () => {
    const client = await createClient(database.db, 'used')
    const { key } = await issueKey(database.db, client, { scopes: SCOPES })
    expect(await listKeys(database.db, client)).toMatchObject([{ lastUsedAt: null }])
    await createApiKeys(database.db).callerOf(key)
    await deadline('its use is noted', async () => (await listKeys(database.db, client))[0]!.lastUsedAt !== null)
  })

  it('stop within ten seconds of being revoked, and when they expire', async () => {
    let now = 0
    const client = await createClient(database.db, 'leaver')
    const keys = createApiKeys(database.db, { now: () => now })
    const revoked = await issueKey(database.db, client, { scopes: SCOPES })
    const expired = await issueKey(database.db, client, { scopes: SCOPES, expiresAt: new Date(Date.now() - 1) })
    expect(await keys.callerOf(revoked.key)).toBeDefined()
    expect(await keys.callerOf(expired.key)).toBeUndefined()
    await revokeKey(database.db, revoked.id)
    now = 10_000
    expect(await keys.callerOf(revoked.key)).toBeUndefined()
    await expect(revokeKey(database.db, revoked.id)).rejects.toMatchObject({ code: 'key-not-found' })
  })

  it('are followed by others: same client, same scopes, and both work for the overlap', async () => {
    const client = await createClient(database.db, 'changing')
    const first = await issueKey(database.db, client, { scopes: ['refunds'], test: true })
    const second = await rotateKey(database.db, first.id, HOUR)
    expect(second).toMatchObject({ scopes: ['refunds'], test: true, expiresAt: null })
    const keys = createApiKeys(database.db)
    expect((await keys.callerOf(first.key))?.clientId).toBe(client.id)
    expect((await keys.callerOf(second.key))?.clientId).toBe(client.id)
    const [old] = await listKeys(database.db, client)
    expect(Math.abs(old!.expiresAt!.getTime() - Date.now() - HOUR)).toBeLessThan(60_000)
  })

  it('stay good while the database is away', async () => {
    const away = await testDatabase()
    let now = 0
    const keys = createApiKeys(away.db, { now: () => now })
    const key = await plantKey(away.db, 'shop')
    const caller = await keys.callerOf(key)
    await away.close()
    now = 60_000
    expect(await keys.callerOf(key)).toBe(caller)
    await expect(keys.callerOf('another')).rejects.toThrow(/pool|connection/i)
  })
})

describe('strangers', () => {
  it('with a made-up key are refused without a look-up; with an unknown one after one', async () => {
    const { db, seen } = counted(database)
    const keys = createApiKeys(db)
    const key = await plantKey(database.db, 'shop')
    const madeUp = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')
    for (const one of [madeUp, 'fanfare_live_x', `fanfare_test_${'0'.repeat(60)}`])
      expect(await keys.callerOf(one)).toBeUndefined()
    expect(seen.lookUps).toBe(0)
    await Promise.all(Array.from({ length: 100 }, () => keys.callerOf('unknown')))
    await keys.callerOf('unknown')
    expect(seen.lookUps).toBe(1)
  })

  it('do not come in with the demo key in production, and production does not start where it is', async () => {
    await plantKey(database.db, 'demo', DEMO_KEY)
    expect(await createApiKeys(database.db).callerOf(DEMO_KEY)).toMatchObject({ client: 'demo' })
    expect(await createApiKeys(database.db, { refusesDemo: true }).callerOf(DEMO_KEY)).toBeUndefined()
    await expect(refuseDemoKey(database.db)).rejects.toThrow(/^NODE_ENV is production, and the key fanfare_demo/)
    await database.db.apiKey.updateMany({ where: { name: 'demo' }, data: { revokedAt: new Date() } })
    await refuseDemoKey(database.db)
  })
})
