import { spawnSync } from 'node:child_process'
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import path from 'node:path'
import { PROJECT } from '../dev/services/index.ts'
import { median } from './statistics.ts'

export interface Machine {
  cpu: string
  cores: number
  memoryGb: number
  system: string
  /** Microseconds until 8 KiB are on the disk: what a commit waits for at least. */
  flushUs: number
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
    flushUs: measureFlush(),
    loadBefore: Math.round(loadavg()[0]! * 100) / 100,
  }
}

const FLUSHES = 200

/** The median of some hundred flushes, the way PostgreSQL flushes its log. */
function measureFlush(): number {
  const folder = mkdtempSync(path.join(PROJECT, '.fanfare/flush-'))
  const file = openSync(path.join(folder, 'file'), 'w')
  const page = Buffer.alloc(8_192, 1)
  const times = Array.from({ length: FLUSHES }, () => {
    const started = performance.now()
    writeSync(file, page, 0, page.length, 0)
    fdatasyncSync(file)
    return (performance.now() - started) * 1_000
  })
  closeSync(file)
  rmSync(folder, { recursive: true })
  return Math.round(median(times))
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
