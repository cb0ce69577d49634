import { randomUUID } from 'node:crypto'
import { testDatabase, type TestDatabase } from '#testing'
import { createClient, issueKey } from '../../src/api/index.ts'
import { anOrder, testApi, type TestApi } from '../../src/testing/api.ts'

/** IMPATIENT_ORDERS=1000 npm test -- impatient-client places more of them. */
const ORDERS = Number(process.env['IMPATIENT_ORDERS'] || 60)
const AT_ONCE = 20
/** After so many asks of 50 ms it has to be answered, also on a busy machine. */
const HASTY = 5
const patienceMs = (nth: number) => (nth < HASTY ? 50 : 15_000)

let database: TestDatabase
let api: TestApi
beforeAll(async () => {
  database = await testDatabase()
  api = await testApi(database)
})
afterAll(async () => {
  await api.close()
  await database.close()
})

jest.setTimeout(180_000)

it('places each order once for a client that gives up after 50 ms, and asks again with its other key', async () => {
  const client = await createClient(database.db, 'impatient')
  const keys = [
    await issueKey(database.db, client, { scopes: ['orders:write'] }),
    await issueKey(database.db, client, { scopes: ['orders:write'] }),
  ]
  const body = JSON.stringify(anOrder())
  const ask = async (idempotencyKey: string, nth: number): Promise<string | undefined> => {
    const headers = {
      authorization: `Bearer ${keys[nth % 2]!.key}`,
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
    }
    try {
      const signal = AbortSignal.timeout(patienceMs(nth))
      const answer = await fetch(`${api.url}/v1/orders`, { method: 'POST', headers, body, signal })
      return answer.status === 202 ? ((await answer.json()) as { id: string }).id : undefined
    } catch {
      return undefined // nobody knows
    }
  }
  const placed = new Set<string>()
  let left = ORDERS
  const customer = async () => {
    while (left-- > 0) {
      const key = randomUUID()
      let id: string | undefined
      for (let nth = 0; id === undefined; nth++) id = await ask(key, nth)
      placed.add(id)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, customer))
  expect(placed.size).toBe(ORDERS)
  expect(await database.db.order.count()).toBe(ORDERS)
  expect(await database.db.event.count()).toBe(ORDERS)
})
