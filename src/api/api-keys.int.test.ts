import { testDatabase, type TestDatabase } from '#testing'
import { createApiKeys, issueApiKey, revokeApiKeys } from './api-keys.ts'

let database: TestDatabase
beforeAll(async () => void (database = await testDatabase()))
afterAll(() => database.close())

describe('API keys', () => {
  it('are known from the moment they are issued', async () => {
    const keys = createApiKeys(database.db)
    const key = await issueApiKey(database.db, 'shop')
    expect(key).toMatch(/^fanfare_[\w-]{43}$/)
    expect(await keys.clientOf(key)).toEqual(expect.any(String))
    expect(await keys.clientOf(`${key}x`)).toBeUndefined()
  })

  it('stop working within ten seconds of being revoked', async () => {
    let now = 0
    const keys = createApiKeys(database.db, () => now)
    const key = await issueApiKey(database.db, 'leaver')
    await keys.clientOf(key)
    expect(await revokeApiKeys(database.db, 'leaver')).toBe(1)
    now = 10_000
    expect(await keys.clientOf(key)).toBeUndefined()
  })

  it('stay good while the database is away', async () => {
    const away = await testDatabase()
    let now = 0
    const keys = createApiKeys(away.db, () => now)
    const key = await issueApiKey(away.db, 'shop')
    const client = await keys.clientOf(key)
    await away.close()
    now = 60_000
    expect(await keys.clientOf(key)).toBe(client)
    await expect(keys.clientOf('another')).rejects.toThrow(/pool|connection/i)
  })
})
