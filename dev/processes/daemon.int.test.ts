import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { launch, remember, runningPid, stopDaemon } from './daemon.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('a process that is started while another ends stays on record', async () => {
  const pidFile = path.join(folder, 'one.pid')
  const args = ['-e', 'setInterval(() => {}, 1_000)']
  launch({ command: process.execPath, args, log: path.join(folder, 'one.log'), pidFile, cwd: folder })
  const stopped = stopDaemon(pidFile, 'SIGKILL', 20)
  remember(pidFile, process.pid) // as whoever watches does, who was faster to see the end
  await stopped
  expect(runningPid(pidFile)).toBe(process.pid)
})
