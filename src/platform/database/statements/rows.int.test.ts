import { z } from 'zod'
import { readRow, readRows, row } from '#platform/database'
import { Prisma } from '#prisma'
import { testDatabase, type TestDatabase } from '#testing'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.close())

const Sample = row({ id: z.string(), count: z.int(), sum: z.bigint(), at: z.date(), note: z.string().nullable() })
const read = (columns: string) => readRows(database.db, Sample)(Prisma.raw(`SELECT ${columns}`))

const GOOD = `gen_random_uuid() AS id, 1 AS count, 2::bigint AS sum, now() AS at, NULL::text AS note`

it('answers rows whose columns are as their reader says', async () => {
  const n = 3
  expect(await readRow(database.db, row({ n: z.int() }))`SELECT ${n}::int AS n`).toEqual({ n: 3 })
  expect(await read(GOOD)).toMatchObject([{ count: 1, sum: 2n, note: null }])
})

it.each([
  ['another type', GOOD.replace('1 AS count', '1::bigint AS count'), /^count: .*expected number, received bigint/],
  ['a fraction', GOOD.replace('1 AS count', '1.5::float8 AS count'), /^count: .*expected int/],
  ['NULL', GOOD.replace('gen_random_uuid()', 'NULL::uuid'), /^id: .*expected string, received null/],
  ['a column less', GOOD.replace(', now() AS at', ''), /^at: .*expected date, received undefined/],
  ['a column more', `${GOOD}, 1 AS more`, /"more", from: SELECT gen_random_uuid/],
  ['another name', GOOD.replace('AS note', 'AS "Note"'), /^note: .*; .*"Note"/],
])('refuses in tests: %s', async (_, columns, message) => {
  await expect(read(columns)).rejects.toMatchObject({ name: 'RowMismatch', message: expect.stringMatching(message) })
})

it('expects one row where one is asked for', async () => {
  const two = readRow(database.db, row({ n: z.int() }))`SELECT generate_series(1, 2)::int AS n`
  await expect(two).rejects.toThrow('2 rows in place of one, from: SELECT generate_series')
})

it('notices a column of a table that has changed its type', async () => {
  const { db } = database
  const Shelf = row({ sku: z.string(), free: z.int() })
  const shelves = () => readRows(db, Shelf)`SELECT sku, on_hand AS free FROM stock`
  await db.stock.create({ data: { sku: 'mug', onHand: 2, received: 2 } })
  expect(await shelves()).toEqual([{ sku: 'mug', free: 2 }])
  await db.$executeRaw`ALTER TABLE stock ALTER COLUMN on_hand TYPE bigint`
  await expect(shelves()).rejects.toThrow(/free: .*expected number, received bigint/)
})
