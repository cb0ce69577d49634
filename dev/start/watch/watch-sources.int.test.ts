import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { deadline } from '#testing'
import { watchSources } from './watch-sources.ts'

const root = mkdtempSync(path.join(tmpdir(), 'fanfare-watch-'))
const file = path.join(root, 'workers/loyalty/award-points.ts')
let told: string[][] = []
let end: () => void

beforeAll(() => {
  mkdirSync(path.join(root, 'src'))
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, 'one')
  end = watchSources((files) => told.push(files), root)
})
beforeEach(() => {
  told = []
})
afterAll(() => {
  end()
  rmSync(root, { recursive: true })
})

/** As editors and git do it. */
function replace(text: string) {
  writeFileSync(`${file}.tmp`, text)
  renameSync(`${file}.tmp`, file)
}

it.each(['two', 'three', 'four'])('tells of a file that is replaced, again and again: %s', async (text) => {
  replace(text)
  await deadline('the change', () => told.length > 0)
  expect(told).toEqual([['workers/loyalty/award-points.ts']])
})

it('tells of a new file, and of no test', async () => {
  writeFileSync(file.replace('.ts', '.test.ts'), 'a test')
  writeFileSync(path.join(root, 'workers/loyalty/new.ts'), 'one')
  await deadline('the change', () => told.length > 0)
  expect(told).toEqual([['workers/loyalty/new.ts']])
})

it('tells of files in a new folder', async () => {
  mkdirSync(path.join(root, 'workers/partner'))
  writeFileSync(path.join(root, 'workers/partner/notify.ts'), 'one')
  await deadline('the change', () => told.length > 0)
  expect(told).toEqual([['workers/partner/notify.ts']])
})

it('tells of a folder that is gone', async () => {
  renameSync(path.join(root, 'workers/partner'), path.join(root, 'elsewhere'))
  await deadline('the change', () => told.length > 0)
  expect(told).toEqual([['workers/partner']])
})
