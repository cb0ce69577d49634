import { testDatabase, type TestDatabase } from '#testing'
import { testApi, type TestApi } from '../testing/api.ts'

let database: TestDatabase
const open: TestApi[] = []
beforeAll(async () => void (database = await testDatabase()))
afterAll(async () => {
  for (const api of open) await api.close()
  await database.close()
})

async function limited(rates: { client: string; perClient?: number; perAddress?: number }) {
  const api = await testApi(database, [], rates)
  open.push(api)
  return api
}

it('tells a client how it stands, and answers too much with 429 and when to come back', async () => {
  const api = await limited({ client: 'eager', perClient: 1 })
  const first = await api.get('/v1/products')
  expect(first.headers).toMatchObject({
    'ratelimit-policy': '"client";q=10;w=10',
    ratelimit: expect.stringMatching(/^"client";r=9;t=(10|9)$/),
  })
  for (let nth = 0; nth < 9; nth++) expect((await api.get('/v1/products')).status).toBe(200)
  const refused = await api.get('/v1/products')
  expect([refused.status, refused.body.code]).toEqual([429, 'too-many-requests'])
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(refused.headers['ratelimit']).toMatch(/^"client";r=0;t=\d+$/)
})

it('counts strangers by their address before their keys are looked up, and lets those in whom it knows', async () => {
  const api = await limited({ client: 'neighbour', perAddress: 1 })
  expect((await api.get('/v1/products')).status).toBe(200)
  const stranger = (key: string) => api.http.get('/v1/products').set('authorization', `Bearer ${key}`)
  const statuses: number[] = []
  for (let nth = 0; nth < 12; nth++) statuses.push((await stranger(`unknown-${nth}`)).status)
  expect(statuses).toEqual([...Array.from({ length: 9 }, () => 401), 429, 429, 429])
  expect((await api.http.get('/v1/products')).status).toBe(429)
  expect((await api.get('/v1/products')).status).toBe(200)
  expect((await api.http.get('/healthz')).status).toBe(200)
})
