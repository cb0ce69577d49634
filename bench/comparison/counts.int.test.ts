import { randomUUID } from 'node:crypto'
import { testDatabase, type TestDatabase } from '#testing'
import { countOrders, noteAnswered, progressOf, TABLES } from './counts.ts'

const ALL = ['stock', 'payment', 'fraud', 'confirm']

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  await database.pool.query(TABLES)
})
beforeEach(() => database.pool.query('TRUNCATE peer_orders, peer_effects, peer_answered'))
afterAll(() => database.close())

async function order(reactions: readonly string[]): Promise<string> {
  const id = randomUUID()
  await database.pool.query('INSERT INTO peer_orders (id) VALUES ($1)', [id])
  for (const reaction of reactions)
    await database.pool.query(`INSERT INTO peer_effects VALUES ($1, $2, '2020-01-01T00:00:07Z')`, [id, reaction])
  return id
}

const counts = () => countOrders(database.pool)

it('finds nothing wrong with orders that have each effect once', async () => {
  for (let n = 0; n < 3; n++) await order(ALL)
  expect(await counts()).toEqual({ placed: 3, notDone: 0, doubled: 0 })
})

it('sees orders that lack an effect, or that a customer was promised and nobody stored', async () => {
  const stored = await order(ALL)
  await order(['stock', 'payment', 'fraud'])
  await noteAnswered(database.pool, [stored, randomUUID()])
  expect(await counts()).toMatchObject({ placed: 3, notDone: 2, doubled: 0 })
})

it('sees every effect beyond the first, and does not take two of one reaction for two reactions', async () => {
  await order([...ALL, 'stock', 'stock', 'confirm'])
  await order(['stock', 'stock', 'payment', 'fraud'])
  expect(await counts()).toMatchObject({ placed: 2, notDone: 1, doubled: 4 })
})

it('tells the time of all orders, and of the median one', async () => {
  for (const [nth, ms] of [5_000, 10, 20].entries())
    await database.pool.query(
      `WITH placed AS (INSERT INTO peer_orders (id, placed_at) VALUES ($1, $2) RETURNING *)
       INSERT INTO peer_effects SELECT id, reaction, placed_at + $3 * interval '1 ms' FROM placed, unnest($4::text[]) AS reaction`,
      [randomUUID(), `2020-01-01T00:00:0${nth}Z`, ms, ALL],
    )
  await order([])
  expect(await progressOf(database.pool)).toMatchObject({ placed: 4, confirmed: 3, seconds: 5 })
  expect((await progressOf(database.pool)).orderMs).toBeCloseTo(20)
})
