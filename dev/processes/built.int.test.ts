import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { builtOnce } from './built.ts'
import { remember } from './daemon.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-'))
afterAll(() => rmSync(folder, { recursive: true }))

const LATER = ['second', 'third', 'fourth', 'fifth', 'sixth']

/** As another process does, which has ended since or still runs. */
function builtBy(pid: number, state: string): void {
  mkdirSync(path.join(folder, state))
  remember(path.join(folder, `${state}@${pid}`), pid)
}

it('keeps what a running process was started from, whatever is built after it, and no more than a few others', async () => {
  const { pid: ended } = spawnSync(process.execPath, ['--version'])
  builtBy(process.ppid, 'first')
  utimesSync(path.join(folder, 'first'), 0, 0) // long ago
  for (const state of LATER) builtBy(ended, state)
  const built: string[] = []
  const build = async (draft: string) => {
    mkdirSync(draft)
    writeFileSync(path.join(draft, 'index.html'), '')
    built.push(draft)
  }
  await builtOnce(path.join(folder, 'mine'), build)
  await builtOnce(path.join(folder, 'mine'), build)
  expect(built).toHaveLength(1)
  const states = readdirSync(folder).filter((name) => !name.includes('@'))
  expect(states).toEqual(expect.arrayContaining(['first', 'mine']))
  expect(states).toHaveLength(2 + 3)
  expect(readdirSync(folder).filter((name) => name.endsWith(`@${ended}`))).toEqual([])
})
