// The file tree of the image, assembled as the Dockerfile says: with production packages only, the commands of an operator run.
// `IMAGE=1 npm test -- test/image` runs every command of docs/operations.md; a build runs two of them.
import { spawnSync } from 'node:child_process'
import { cpSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findReactions, loadReactions, register, loadProjections, subscribe } from '#messaging'
import { requireTestService, testDatabase, type TestDatabase } from '#testing'
import { anOrder, testApi } from '../src/testing/api.ts'
import { read, ROOT } from './readme-blocks.ts'

jest.setTimeout(300_000)

const EVERY = Boolean(process.env['IMAGE'])
const image = mkdtempSync(path.join(tmpdir(), 'fanfare-image-'))
let database: TestDatabase
let orderId: string

beforeAll(async () => {
  assemble()
  database = await testDatabase()
  const reactions = findReactions('workers')
  await subscribe(database.db, await loadReactions(reactions))
  await register(database.db, await loadProjections(reactions))
  const api = await testApi(database)
  orderId = ((await api.place(anOrder())).body as { id: string }).id
  await api.close()
})
afterAll(async () => {
  await database.close()
  rmSync(image, { recursive: true })
})

/** As the stage `packages` deletes it. */
const LEFT_OUT = /\.map$|\/runtime\/query_compiler_(?!small_bg\.postgresql\.)[^/]*$/

/** What the stages `packages` and `base` copy. */
function assemble() {
  const listed = spawnSync('npm', ['ls', '--omit=dev', '--omit=optional', '--all', '--parseable'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  const folders = listed.stdout.split('\n').filter((folder) => folder.includes('/node_modules/'))
  for (const folder of folders) share(folder, path.join(image, path.relative(ROOT, folder)))
  for (const part of ['package.json', 'src', 'workers'])
    cpSync(path.join(ROOT, part), path.join(image, part), { recursive: true, filter: isInImage })
  mkdirSync(path.join(image, 'bin'))
  symlinkSync(path.join(image, 'src/cli/fanfare.mjs'), path.join(image, 'bin/fanfare'))
}

/** As copying would do, and faster: nothing writes into packages. What is inside a package is listed by itself. */
function share(from: string, to: string) {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, copy] = [path.join(from, entry.name), path.join(to, entry.name)]
    if (entry.name === 'node_modules' || LEFT_OUT.test(source)) continue
    if (entry.isDirectory()) share(source, copy)
    else shareFile(source, copy)
  }
}

function shareFile(source: string, copy: string) {
  try {
    linkSync(source, copy)
  } catch {
    cpSync(source, copy) // on another disk
  }
}

const isInImage = (file: string) => !/\.test\.ts$|src\/testing(\/|$)/.test(path.relative(ROOT, file))

/** The commands that the document names, with what stands for something filled in. */
function commands(): string[] {
  const named = [...read('docs/operations.md').matchAll(/`npm run ([a-z-]+)((?: -- )?[^`]*)`/g)]
  const written = named.map(([, command, rest]) => `${command}${rest!.replace(' -- ', ' ')}`)
  const known = (name: string) =>
    ['stuck', 'dead-letters', 'story', 'audit', 'reconcile', 'replay', 'projections', 'worker'].includes(name)
  return [...new Set(written)].filter((command) => known(command.split(' ')[0]!)).toSorted()
}

const filledIn = (command: string) =>
  command.replace('<order>', orderId).replace('<reaction>', 'loyalty.award-points').replace('<name>', 'analytics.sales')

/** These do something to a system that runs; here they are asked what they would do. */
const ONLY_HELP = /^(worker (inventory|--retire)|projections resume|audit --release)/

function fanfare(command: string) {
  const args = [...command.split(' '), ...(ONLY_HELP.test(command) ? ['--help'] : [])]
  const { HOME, TMPDIR } = process.env
  const PATH = `${path.join(image, 'bin')}:${path.dirname(process.execPath)}`
  const env = {
    PATH,
    HOME,
    TMPDIR,
    NODE_ENV: 'production',
    PAYMENT_GATEWAY_URL: '',
    DATABASE_URL: database.url,
    RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
    REDIS_URL: requireTestService('TEST_REDIS_URL'),
    MESSAGING_NAMESPACE: `test-image-${process.pid}`,
  }
  return spawnSync('fanfare', args, { cwd: image, env, encoding: 'utf8' })
}

const FEW = ['stuck', 'story <order>']

it('names the commands', () => expect(commands()).toEqual(expect.arrayContaining(FEW)))

it.each(EVERY ? commands() : FEW)('%s', (command) => {
  const { status, stdout, stderr } = fanfare(filledIn(command))
  expect(`${stdout}${stderr}`).not.toMatch(/Cannot find|ERR_MODULE|^ +at /m)
  expect(`${stdout}${stderr}`.length).toBeGreaterThan(10)
  expect([0, 1, 2]).toContain(status)
})
