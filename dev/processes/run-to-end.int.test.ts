import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { deadline } from '#testing'
import { runToEnd } from './run-to-end.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-'))
afterAll(() => rmSync(folder, { recursive: true }))

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

it('tells the exit code and what was said', async () => {
  expect(await runToEnd('sh', ['-c', 'echo said; exit 3'])).toEqual({ code: 3, output: 'said\n' })
})

it('ends a program that will not stop, with all that it has started', async () => {
  const stopping = new AbortController()
  const noted = path.join(folder, 'child')
  const script = `trap "" INT TERM; sleep 60 & echo $! >${noted}; wait; sleep 60`
  const running = runToEnd('sh', ['-c', script], { signal: stopping.signal })
  await deadline('its child runs', () => existsSync(noted) && readFileSync(noted, 'utf8').endsWith('\n'))
  stopping.abort(new Error('enough'))
  await expect(running).rejects.toThrow('enough')
  await deadline('its child is gone', () => !isRunning(Number(readFileSync(noted, 'utf8'))))
})

it('starts nothing when it was stopped before', async () => {
  const noted = path.join(folder, 'never')
  await expect(runToEnd('touch', [noted], { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  expect(existsSync(noted)).toBe(false)
})
