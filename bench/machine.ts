import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'

export interface Machine {
  cpu: string
  cores: number
  memoryGb: number
  system: string
  /** Load average of the last minute when the run began: what else this machine was doing. */
  loadBefore: number
}

export function describeMachine(): Machine {
  const [first] = cpus()
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    loadBefore: Math.round(loadavg()[0]! * 100) / 100,
  }
}

/** The commit that was measured; with `+` when files differ from it. Undefined outside of a clone. */
export function describeCommit(): string | undefined {
  const git = (...args: string[]) => spawnSync('git', args, { encoding: 'utf8' })
  const { status, stdout } = git('rev-parse', '--short', 'HEAD')
  if (status !== 0) return undefined
  const changed =
    git('status', '--porcelain', '--', 'src', 'workers', 'bench', 'package-lock.json').stdout.trim() !== ''
  return `${stdout.trim()}${changed ? '+' : ''}`
}

const LOOK_MS = 300
const STAT = '/proc/stat'

/**
 * The share of all processors, 0 to 1, that others use while this process waits a third of a second: programs beside it, and other
 * machines on the same hardware (steal). Nothing of ours may be under way. 0 where the system does not tell.
 */
export async function usedByOthers(): Promise<number> {
  if (!existsSync(STAT)) return 0
  const before = processorTicks()
  await wait(LOOK_MS)
  const after = processorTicks()
  return 1 - (after.idle - before.idle) / (after.all - before.all)
}

/** Since this machine was started. */
function processorTicks() {
  const [first] = readFileSync(STAT, 'utf8').split('\n')
  // user, nice, system, idle, waiting for disks, interrupts, soft interrupts, steal; guests are counted as user already
  const ticks = first!.split(/\s+/).slice(1, 9).map(Number)
  return { idle: ticks[3]! + ticks[4]!, all: ticks.reduce((sum, each) => sum + each, 0) }
}
