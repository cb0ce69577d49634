// `fanfare archive` and `fanfare restore` as processes of their own that are killed where it hurts.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { daysAgo, deadline, storePast, sumsOfPast, testDatabase, type TestDatabase } from '#testing'
import { archiveBefore } from './archive.ts'
import { expectFiles, writeArchive } from './write-archive.ts'
import { readManifest } from './manifest.ts'
import { restoreArchive } from './restore.ts'
import { storeAt } from './store/places.ts'

jest.setTimeout(120_000)

let database: TestDatabase
let folder: string
beforeEach(async () => {
  database = await testDatabase()
  folder = await mkdtemp(path.join(tmpdir(), 'fanfare-archive-'))
  await storePast(database)
})
afterEach(async () => {
  await database.close()
  await rm(folder, { recursive: true })
})

const GATE = 4711

/** Statements of others stop where `at` says, until the gate is opened. */
async function closeGate(at: string) {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query(`SELECT pg_advisory_lock(${GATE})`)
  await client.query(`CREATE OR REPLACE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock(${GATE}); RETURN coalesce(NEW, OLD); END $$`)
  await client.query(`CREATE OR REPLACE FUNCTION command_gate() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock(${GATE}); END $$`)
  await client.query(at)
  const isWaiting = async () =>
    (await client.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = ${GATE} AND NOT granted`))
      .rowCount! > 0
  return {
    somebodyWaits: () => deadline('somebody waits at the gate', isWaiting),
    async open() {
      await client.query(`SELECT pg_advisory_unlock(${GATE})`)
      await client.query('DROP TRIGGER IF EXISTS gate ON archives')
      await client.query('DROP EVENT TRIGGER IF EXISTS gate')
      await client.end()
    },
  }
}

const at = (operation: string, state: string) =>
  `CREATE TRIGGER gate BEFORE ${operation} ON archives FOR EACH ROW
   WHEN (${operation === 'DELETE' ? 'OLD' : 'NEW'}.state = '${state}') EXECUTE FUNCTION gate()`
const whileItAlters =
  "CREATE EVENT TRIGGER gate ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION command_gate()"

/** Runs a command until it comes to the gate, kills it there and waits until PostgreSQL has noticed. */
async function killedAt(gateAt: string, ...args: string[]) {
  const gate = await closeGate(gateAt)
  const script = path.resolve(import.meta.dirname, '../../cli/fanfare.mjs')
  const env = { ...process.env, DATABASE_URL: database.url }
  const child = spawn(process.execPath, [script, ...args], { env, stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    await gate.somebodyWaits()
  } finally {
    child.kill('SIGKILL')
    await ended
    await gate.open()
  }
  await deadline('its sessions have ended', async () => {
    const [row] = await database.db.$queryRaw<[{ count: bigint }]>`
      SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'fanfare command'`
    return row.count === 0n
  })
  await database.db.$executeRaw`UPDATE leases SET expires_at = '-infinity'` // as if its time had passed
}

const archived = () =>
  archiveBefore({ db: database.db, instance: 'test', before: daysAgo(29), to: folder, openAmong: async () => [] })
const restored = (name: string) => restoreArchive({ db: database.db, instance: 'test', place: path.join(folder, name) })
const stateOf = async (name: string) => (await database.db.archive.findUnique({ where: { name } }))?.state ?? 'none'

test('killed anywhere, an archive is brought to its end by the next call, and so is a restore', async () => {
  const before = await sumsOfPast(database)
  const archive = ['archive', '--before', daysAgo(29).toISOString().slice(0, 10), '--to', folder]
  await killedAt(at('INSERT', 'detached'), ...archive)
  expect(await stateOf('first')).toBe('none')
  expect(await sumsOfPast(database)).toEqual(before)
  await killedAt(at('UPDATE', 'archived'), ...archive)
  expect(await stateOf('first')).toBe('detached')
  await archived()
  expect([await stateOf('first'), await stateOf('old'), await database.db.event.count()]).toEqual([
    'archived',
    'archived',
    90,
  ])

  const restore = ['restore', path.join(folder, 'old')]
  await killedAt(at('UPDATE', 'restoring'), ...restore)
  await killedAt(whileItAlters, ...restore)
  expect(await stateOf('old')).toBe('restoring')
  await killedAt(at('DELETE', 'attached'), ...restore)
  expect(await stateOf('old')).toBe('attached')
  for (const name of ['first', 'old']) await restored(name)
  expect(await sumsOfPast(database)).toEqual(before)
})

test('two that write one archive, the first of which was taken for dead, leave it whole', async () => {
  const { db } = database
  await db.$executeRaw`ALTER TABLE events DETACH PARTITION events_old`
  await db.$executeRaw`ALTER TABLE handled_events DETACH PARTITION handled_events_old`
  const [from, to] = ['00000000-0000-0000-0000-000000000000', 'ffffffff-0000-0000-0000-000000000000']
  const place = path.join(folder, 'old')
  const writing = { partition: { name: 'old', from, to }, place, confirm: async () => {} }
  let second: Promise<unknown> | undefined
  const confirm = async () => void (second ??= writeArchive(db, writing))
  await writeArchive(db, { ...writing, confirm }).catch(() => {})
  await second
  await expectFiles(storeAt(place), await readManifest(place))
})
