import { randomUUID } from 'node:crypto'
import { testDatabase, type TestDatabase } from '#testing'
import { countOrders, noteAnswered, TABLES } from './counts.ts'

const ALL = ['stock', 'payment', 'fraud', 'confirm']
const lastKill = new Date('2020-01-01T00:00:00Z')
const firstKill = new Date('2019-12-31T23:59:50Z')

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  await database.pool.query(TABLES)
})
beforeEach(() => database.pool.query('TRUNCATE peer_orders, peer_effects, peer_answered'))
afterAll(() => database.close())

async function order(reactions: readonly string[], { stored = true } = {}): Promise<string> {
  const id = randomUUID()
  if (stored) await database.pool.query('INSERT INTO peer_orders (id) VALUES ($1)', [id])
  for (const reaction of reactions)
    await database.pool.query(`INSERT INTO peer_effects VALUES ($1, $2, '2020-01-01T00:00:07Z')`, [id, reaction])
  return id
}

const counts = () => countOrders(database.pool, { firstKill, lastKill })

it('finds nothing wrong with orders that have each effect once', async () => {
  for (let n = 0; n < 3; n++) await order(ALL)
  expect(await counts()).toEqual({ placed: 3, notDone: 0, doubled: 0, lastEffectAfterS: 7, calmMs: null })
})

it('sees an order that nobody reacted to, and one that lacks an effect', async () => {
  await order(ALL)
  await order([])
  await order(['stock', 'payment', 'fraud'])
  expect(await counts()).toMatchObject({ placed: 3, notDone: 2, doubled: 0 })
})

it('sees every effect beyond the first, and does not take two of one reaction for two reactions', async () => {
  await order([...ALL, 'stock', 'stock', 'confirm'])
  await order(['stock', 'stock', 'payment', 'fraud'])
  expect(await counts()).toMatchObject({ placed: 2, notDone: 1, doubled: 4 })
})

it('sees an order that a customer was promised and nobody stored', async () => {
  const stored = await order(ALL)
  await noteAnswered(database.pool, [stored, randomUUID()])
  expect(await counts()).toMatchObject({ placed: 2, notDone: 1 })
})

it('tells the median time of the orders before the first kill, once the processes are warm', async () => {
  const at = ['23:59:45', '23:59:47', '23:59:48', '23:59:49', '23:59:55']
  const ms = [5_000, 10, 20, 40, 5_000]
  for (const [nth, time] of at.entries())
    await database.pool.query(
      `WITH placed AS (INSERT INTO peer_orders (id, placed_at) VALUES ($1, $2) RETURNING *)
       INSERT INTO peer_effects SELECT id, 'confirm', placed_at + $3 * interval '1 ms' FROM placed`,
      [randomUUID(), `2019-12-31T${time}Z`, ms[nth]],
    )
  expect((await counts()).calmMs).toBeCloseTo(20)
})
