// What PostgreSQL itself says while it cannot do its work: each kind is brought about on a real server.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { isDatabaseOutage, isOutOfConnections, openDatabase, sqlStateOf, type OpenDatabase } from '#platform/database'
import { deadline, placeOf, testDatabase, type TestDatabase } from '#testing'

let database: TestDatabase
const opened: OpenDatabase[] = []
beforeAll(async () => {
  database = await testDatabase()
})
afterEach(() => Promise.all(opened.splice(0).map(({ close }) => close())))
afterAll(() => database.close())

function open(url = database.url, poolSize = 1) {
  const one = openDatabase(url, { poolSize })
  opened.push(one)
  return one.db
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

/** As it is told by a statement of its own, and by one inside a transaction. */
async function failuresOf(db: OpenDatabase['db'], statement: string) {
  const alone = await failureOf(db.$executeRawUnsafe(statement))
  const inTransaction = await failureOf(db.$transaction((tx) => tx.$executeRawUnsafe(statement)))
  return [alone, inTransaction]
}

function expectOutage(errors: readonly unknown[], state: string) {
  for (const error of errors) expect([sqlStateOf(error), isDatabaseOutage(error)]).toEqual([state, true])
}

const own = () => `"${new URL(database.url).pathname.slice(1)}"`

describe('a database that takes no changes, as after a failover', () => {
  beforeAll(() => database.db.$executeRawUnsafe(`CREATE TABLE written (a int)`))
  beforeEach(() => database.db.$executeRawUnsafe(`ALTER DATABASE ${own()} SET default_transaction_read_only = on`))
  afterEach(() => database.db.$executeRawUnsafe(`ALTER DATABASE ${own()} RESET default_transaction_read_only`))

  it('is an outage', async () => {
    expectOutage(await failuresOf(open(), 'INSERT INTO written VALUES (1)'), '25006')
  })

  it('is left behind by connections that have met it, however busy they are', async () => {
    const db = open()
    const write = () => failureOf(db.$transaction((tx) => tx.$executeRaw`INSERT INTO written VALUES (1)`))
    expect(await write()).toBeInstanceOf(Error)
    await database.db.$executeRawUnsafe(`ALTER DATABASE ${own()} RESET default_transaction_read_only`)
    await deadline('it is written', async () => !(await write()))
  })
})

it('takes a role that may open no more connections for an outage', async () => {
  const role = `limited_${process.pid}`
  await database.db.$executeRawUnsafe(`CREATE ROLE ${role} LOGIN PASSWORD 'limited' CONNECTION LIMIT 1`)
  const url = new URL(database.url)
  Object.assign(url, { username: role, password: 'limited' })
  const first = new pg.Client({ connectionString: url.href })
  await first.connect()
  expectOutage(await failuresOf(open(url.href), 'SELECT 1'), '53300')
  await first.end()
  await database.db.$executeRawUnsafe(`DROP ROLE ${role}`)
})

it('takes an operator who ends sessions for an outage', async () => {
  expectOutage(await failuresOf(open(), 'SELECT pg_terminate_backend(pg_backend_pid())'), '57P01')
})

it('takes a password that is no longer accepted, and a database that is gone, for an outage', async () => {
  const url = new URL(database.url)
  url.password = 'changed'
  expectOutage(await failuresOf(open(url.href), 'SELECT 1'), '28P01')
  const gone = new URL(database.url)
  gone.pathname = '/gone'
  expectOutage(await failuresOf(open(gone.href), 'SELECT 1'), '3D000')
})

describe('a process that has more to do than connections', () => {
  it('says so, and waits as it would for the server', async () => {
    const db = open(database.url, 2)
    let free = () => {}
    const freed = new Promise<void>((resolve) => (free = resolve))
    const holding = [1, 2].map(() => db.$transaction(async (tx) => [await tx.$executeRaw`SELECT 1`, await freed]))
    await deadline('both are in use', async () => {
      const [row] = await database.db.$queryRaw<[{ held: bigint }]>`
        SELECT count(*) AS held FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction' AND application_name = 'fanfare'`
      return row.held === 2n
    })
    const failures = await Promise.all([
      failureOf(db.$executeRaw`SELECT 1`),
      failureOf(db.$transaction((tx) => tx.$executeRaw`SELECT 1`)),
    ])
    free()
    await Promise.all(holding)
    for (const error of failures) {
      expect((error as Error).message).toMatch(/no free connection within 2 s: all 2 of this process \(DATABASE_POOL\)/)
      expect([isDatabaseOutage(error), isOutOfConnections(error)]).toEqual([true, true])
    }
  })
})

describe('a disk that is full', () => {
  const smallDisk = mountSmallDisk()
  const when = smallDisk ? it : it.skip
  afterAll(() => smallDisk?.unmount())

  when(`is an outage${smallDisk ? '' : ' (skipped: only root can mount a small file system)'}`, async () => {
    const db = open()
    await db.$executeRawUnsafe(`CREATE TABLESPACE small_${process.pid} LOCATION '${smallDisk!.folder}'`)
    await db.$executeRawUnsafe(`CREATE TABLE filling (a text) TABLESPACE small_${process.pid}`)
    const fill = `INSERT INTO filling SELECT repeat(md5(n::text), 20) FROM generate_series(1, 10000) AS n`
    expectOutage(await failuresOf(db, fill), '53100')
    await db.$executeRawUnsafe('DROP TABLE filling')
    await db.$executeRawUnsafe(`DROP TABLESPACE small_${process.pid}`)
  })

  /** A file system of 1 MiB that PostgreSQL's user may write to; undefined where we may not mount one. */
  function mountSmallDisk() {
    const mine = placeOf(process.env['TEST_DATABASE_URL'] ?? 'postgresql://elsewhere').host === '127.0.0.1'
    if (process.getuid?.() !== 0 || !mine) return undefined
    const mounted = mkdtempSync(path.join(tmpdir(), 'fanfare-disk-'))
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0777', 'tmpfs', mounted]).status !== 0) {
      rmSync(mounted, { recursive: true })
      return undefined
    }
    const folder = path.join(mounted, 'space')
    spawnSync('install', ['-d', '-o', 'postgres', folder])
    const unmount = () => {
      spawnSync('umount', [mounted])
      rmSync(mounted, { recursive: true })
    }
    return { folder, unmount }
  }
})
