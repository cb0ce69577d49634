import { spawn } from 'node:child_process'
import { familyOf, usageOf } from './proc.ts'

const onLinux = process.platform === 'linux' ? it : it.skip

onLinux('counts the memory and the processor time of processes, and nothing for one that has ended', () => {
  const one = usageOf([process.pid])
  expect(one.pss).toBeGreaterThan(10)
  expect(one.rss).toBeGreaterThanOrEqual(one.pss)
  expect(one.cpuMs).toBeGreaterThan(0)
  expect(usageOf([process.pid, process.pid]).rss).toBeGreaterThan(1.5 * one.rss)
  expect(usageOf([2 ** 30])).toEqual({ rss: 0, pss: 0, cpuMs: 0 })
})

onLinux('knows what a process has started, and what that has started', async () => {
  const child = spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  const grandchild = await new Promise<number>((resolve) => {
    child.stdout.once('data', (line: Buffer) => resolve(Number(line)))
  })
  expect(familyOf(process.pid)).toEqual(expect.arrayContaining([process.pid, child.pid, grandchild]))
  expect(familyOf(child.pid!)).toEqual([child.pid, grandchild])
  process.kill(-child.pid!)
})
