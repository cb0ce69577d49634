import { mkdtempSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { remember } from '../processes/daemon.ts'
import { startProcess } from '../processes/process.ts'
import { InstanceSet } from '../services/index.ts'
import { endLeftovers, notesOf } from './leftovers.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-'))
const set = InstanceSet.open('trial', folder)
const environment = process.env
afterEach(() => (process.env = environment))
afterAll(() => rmSync(folder, { recursive: true }))

const forever = { name: 'forever', args: ['-e', 'setInterval(() => {}, 1000)'] }

test('what tests have started and left behind is ended, also of a run that was killed', async () => {
  process.env = { ...environment, ...notesOf(set) }
  const mine = startProcess(forever)
  process.env = environment
  const old = startProcess(forever)
  const gone = startProcess({ name: 'gone', args: ['-e', ''] })
  await gone.exited
  mkdirSync(path.join(folder, 'tests', String(gone.pid)))
  remember(path.join(folder, 'tests', String(gone.pid), 'old'), old.pid)
  await endLeftovers(set)
  expect(await Promise.all([mine.exited, old.exited])).toMatchObject([{ signal: 'SIGTERM' }, { signal: 'SIGTERM' }])
  expect(readdirSync(path.join(folder, 'tests'))).toEqual([])
})
