import { Redis } from 'ioredis'
import { requireTestService } from '#testing'
import { createLimit } from './limit.ts'

let redis: Redis
beforeAll(() => void (redis = new Redis(requireTestService('TEST_REDIS_URL'))))
afterAll(() => redis.disconnect())

const name = () => `test-${process.pid}-${performance.now()}`

async function takeAll(limit: ReturnType<typeof createLimit>, times: number): Promise<number> {
  const taken = await Promise.all(Array.from({ length: times }, async () => limit.take('who')))
  return taken.filter(({ allowed }) => allowed).length
}

describe('a limit', () => {
  it('lets as many through as a window holds, and says when the next one begins', async () => {
    const limit = createLimit(name(), 20, redis)
    expect(await takeAll(limit, 500)).toBe(200)
    const { allowed, remaining, resetS } = await limit.take('who')
    expect([allowed, remaining]).toEqual([false, 0])
    expect(resetS).toBeGreaterThan(0)
    expect(resetS).toBeLessThanOrEqual(10)
    expect((await limit.take('another')).allowed).toBe(true)
  })

  it('is one for all processes', async () => {
    const shared = name()
    const [one, two] = [createLimit(shared, 20, redis), createLimit(shared, 20, redis)]
    expect((await takeAll(one, 150)) + (await takeAll(two, 150))).toBe(200)
  })

  it('goes on in each process while Redis is away', async () => {
    const gone = new Redis({ port: 1, enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => null })
    gone.on('error', () => {})
    const limit = createLimit(name(), 20, gone)
    expect(await takeAll(limit, 500)).toBe(200)
  })
})
