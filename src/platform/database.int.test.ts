import { deadline, testDatabase, type TestDatabase } from '#testing'
import { isDatabaseOutage, isTransientConflict, sqlStateOf } from './database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.close())

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

test('a connection that breaks between two statements of a transaction fails the next one, and not the process', async () => {
  const { db } = database
  const error = await failureOf(
    db.$transaction(async (tx) => {
      const [{ pid }] = await tx.$queryRaw<[{ pid: number }]>`SELECT pg_backend_pid() AS pid`
      await db.$executeRaw`SELECT pg_terminate_backend(${pid}::int)`
      await deadline('the connection is gone', async () => {
        const alive = await db.$queryRaw<unknown[]>`SELECT 1 FROM pg_stat_activity WHERE pid = ${pid}::int`
        return alive.length === 0
      })
      await tx.$executeRaw`SELECT 1`
    }),
  )
  expect(isDatabaseOutage(error)).toBe(true)
  expect(await db.$queryRaw`SELECT 1 AS one`).toEqual([{ one: 1 }])
})

test('a connection that breaks under a statement is an outage', async () => {
  const error = await failureOf(
    database.db.$transaction((tx) => tx.$executeRaw`SELECT pg_terminate_backend(pg_backend_pid())`),
  )
  expect([sqlStateOf(error), isDatabaseOutage(error)]).toEqual(['57P01', true])
})

test('a mistake of the statement, and a handler that is too slow, are no outages', async () => {
  const mistake = await failureOf(database.db.$executeRaw`SELECT 1 / 0`)
  expect([sqlStateOf(mistake), isDatabaseOutage(mistake), isTransientConflict(mistake)]).toEqual([
    '22012',
    false,
    false,
  ])
  const slow = await failureOf(
    database.db.$transaction((tx) => tx.$executeRaw`SELECT pg_sleep(0.3)`.then(() => tx.$executeRaw`SELECT 1`), {
      timeout: 100,
    }),
  )
  expect(slow).toBeInstanceOf(Error)
  expect(isDatabaseOutage(slow)).toBe(false)
})

test('a server that cannot be reached is an outage', async () => {
  const url = new URL(database.url)
  url.port = '1'
  const { openDatabase } = await import('./database.ts')
  const away = openDatabase(url.toString())
  expect(isDatabaseOutage(await failureOf(away.db.$queryRaw`SELECT 1`))).toBe(true)
  expect(isDatabaseOutage(await failureOf(away.db.$transaction((tx) => tx.$queryRaw`SELECT 1`)))).toBe(true)
  await away.close()
})

test('a table that is altered under prepared statements costs each connection one failed statement', async () => {
  const { db } = database
  await db.$executeRaw`CREATE TABLE altered (a int)`
  const read = () => db.$queryRaw<unknown[]>`SELECT * FROM altered WHERE a = ${1}::int`
  await read()
  await read()
  await db.$executeRaw`ALTER TABLE altered ADD COLUMN b int`
  expect(await failureOf(read())).toMatchObject({ message: expect.stringContaining('cached plan') })
  expect(await read()).toEqual([])
})

test('PostgreSQL ends a transaction whose process stands still, later than the process itself would', async () => {
  const setting = await database.db.$queryRaw`SELECT current_setting('idle_in_transaction_session_timeout') AS ends`
  expect(setting).toMatchObject([{ ends: '35s' }])
})

test('statements by key are planned once, along indexes, while their tables are still empty', async () => {
  const client = await database.pool.connect()
  await client.query(`PREPARE settle AS UPDATE orders SET status = row.status
    FROM jsonb_to_recordset($1::jsonb) AS row(id uuid, status text) WHERE orders.id = row.id`)
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE settle('[]')`)
  client.release()
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(plan).toMatch(/Nested Loop[\s\S]*Function Scan[\s\S]*Index Scan using orders_pkey/)
})

test('a moment is the same in whatever time zone the server lives', async () => {
  const { db, url } = database
  await db.$executeRawUnsafe(`ALTER DATABASE "${new URL(url).pathname.slice(1)}" SET timezone = 'America/New_York'`)
  const { openDatabase } = await import('./database.ts')
  const opened = openDatabase(url)
  const now = new Date()
  const [row] = await opened.db.$queryRaw<[{ read: Date; ms: number }]>`
    SELECT ${now}::timestamptz AS read, extract(epoch FROM ${now}::timestamptz)::float8 * 1000 AS ms`
  await opened.close()
  expect([row.read, Math.round(row.ms)]).toEqual([now, now.getTime()])
})
