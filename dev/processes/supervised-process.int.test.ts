import { mkdtempSync, rmSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { deadline } from '#testing'
import { SupervisedProcess, type UnwantedEnd } from './supervised-process.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-'))
afterAll(() => rmSync(folder, { recursive: true }))

const args = ['-e', "console.log('ready'); setInterval(() => {}, 1000)"]

it('tells that a process ended, and when it works again; of its first start nothing', async () => {
  const ends: UnwantedEnd[] = []
  const recoveries: number[] = []
  const watched = new SupervisedProcess(
    { name: 'watched', args, ready: 'ready' },
    {
      pids: folder,
      openLog: () => new PassThrough().resume(),
      restartMs: () => 10,
      onUnwantedEnd: (end) => ends.push(end),
      onRecovery: (_, awayMs) => recoveries.push(awayMs),
    },
  )
  try {
    await watched.ready
    expect(recoveries).toEqual([])
    process.kill(watched.pid, 'SIGKILL')
    await deadline('it works again', () => recoveries.length === 1)
    expect(ends).toMatchObject([{ name: 'watched', signal: 'SIGKILL', wasReady: true }])
    expect(recoveries[0]).toBeGreaterThanOrEqual(10)
    await watched.restart()
    await deadline('it works again', () => recoveries.length === 2)
    expect(ends).toHaveLength(1)
  } finally {
    await watched.stop()
  }
})
