// `fanfare archive` and `fanfare restore` as processes of their own that are killed where it hurts.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { daysAgo, killedAt, storePast, sumsOfPast, testDatabase, type TestDatabase } from '#testing'
import { compiledCommand } from '../../../dev/processes/compiled.ts'
import { archiveBefore } from './archive.ts'
import { expectFiles, writeArchive } from './write-archive.ts'
import { readManifest } from './manifest.ts'
import { restoreArchive } from './restore.ts'
import { storeAt } from './store/places.ts'

jest.setTimeout(600_000)

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

const at = (operation: string, state: string) =>
  `CREATE TRIGGER gate BEFORE ${operation} ON archives FOR EACH ROW
   WHEN (${operation === 'DELETE' ? 'OLD' : 'NEW'}.state = '${state}') EXECUTE FUNCTION gate()`
const whileItAlters =
  "CREATE EVENT TRIGGER gate ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION command_gate()"

const archived = () =>
  archiveBefore({ db: database.db, instance: 'test', before: daysAgo(29), to: folder, openAmong: async () => [] })
const restored = (name: string) => restoreArchive({ db: database.db, instance: 'test', place: path.join(folder, name) })
const stateOf = async (name: string) => (await database.db.archive.findUnique({ where: { name } }))?.state ?? 'none'

test('killed anywhere, an archive is brought to its end by the next call, and so is a restore', async () => {
  const before = await sumsOfPast(database)
  const archive = await compiledCommand('archive', '--before', daysAgo(29).toISOString().slice(0, 10), '--to', folder)
  await killedAt(database, at('INSERT', 'detached'), archive)
  expect(await stateOf('first')).toBe('none')
  expect(await sumsOfPast(database)).toEqual(before)
  await killedAt(database, at('UPDATE', 'archived'), archive)
  expect(await stateOf('first')).toBe('detached')
  await archived()
  expect([await stateOf('first'), await stateOf('old'), await database.db.event.count()]).toEqual([
    'archived',
    'archived',
    90,
  ])

  const restore = await compiledCommand('restore', path.join(folder, 'old'))
  await killedAt(database, at('UPDATE', 'restoring'), restore)
  await killedAt(database, whileItAlters, restore)
  expect(await stateOf('old')).toBe('restoring')
  await killedAt(database, at('DELETE', 'attached'), restore)
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
