import { deadline, testDatabase, type TestDatabase } from '#testing'
import { testApi, type TestApi } from '../testing/api.ts'
import { createApiKeys, operationRoutes, sessionRoutes } from './index.ts'

let database: TestDatabase
const open: TestApi[] = []
beforeAll(async () => void (database = await testDatabase()))
afterAll(async () => {
  for (const api of open) await api.close()
  await database.close()
})

async function limited(rates: { client: string; perClient?: number; perAddress?: number }) {
  const { db } = database
  const api = await testApi(database, sessionRoutes({ db, keys: createApiKeys(db) }), rates)
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

it('refuses strangers of whom nothing is left with the same answer as the first of them, before anything is parsed', async () => {
  const api = await limited({ client: 'crowd', perAddress: 1 })
  const stranger = (path: string) => api.http.get(path).set({ authorization: 'Bearer unknown', 'x-request-id': 'mine' })
  const refused = await deadline('an answer before the path is looked at', async () => {
    expect([401, 429]).toContain((await stranger('/v1/products')).status)
    const answer = await stranger('/v1/orders/%?page=1')
    return answer.status === 429 && answer
  })
  expect(refused).toMatchObject({
    status: 429,
    headers: {
      'content-type': 'application/problem+json',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'mine',
      'ratelimit-policy': '"address";q=10;w=10',
      ratelimit: expect.stringMatching(/^"address";r=0;t=\d+$/),
      'retry-after': expect.stringMatching(/^\d+$/),
    },
    body: { code: 'too-many-requests', instance: '/v1/orders/%', requestId: 'mine' },
  })
})

it('counts whoever signs in as a stranger: each key and link is looked up', async () => {
  const api = await limited({ client: 'guesser', perAddress: 1 })
  const signIn = (body: object) => api.http.post('/v1/admin/session').send(body)
  expect((await signIn({ key: 'guess' })).status).toBe(401)
  await deadline('a refusal', async () => (await signIn({ link: 'guess' })).status === 429)
})

it('asks PostgreSQL once for all who ask at one time whether it is ready: nobody needs a key for that', async () => {
  let questions = 0
  const counting = database.db.$extends({
    query: {
      $executeRaw({ args, query }) {
        questions++
        return query(args)
      },
    },
  })
  const routes = operationRoutes({ db: counting as unknown as TestDatabase['db'], isStopping: () => false })
  const { handle } = routes.find(({ path }) => path === '/readyz')!
  const ask = async () => handle({} as never)
  await Promise.allSettled(Array.from({ length: 100 }, ask)) // a busy machine may say no to all of them
  expect(questions).toBe(1)
  await Promise.allSettled([ask()])
  expect(questions).toBe(2)
})
