import { spawnSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem, type } from 'node:os'

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
