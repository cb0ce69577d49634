import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { children } from './private/binaries.ts'
import { remember, runningPid } from '../processes/daemon.ts'
import type { InstanceSet } from './instance-set.ts'

const folder = (set: InstanceSet) => path.join(set.folder, 'users')

/** Says that this process uses the set's services; who ends last stops them. */
export function takeLease(set: InstanceSet): void {
  mkdirSync(folder(set), { recursive: true })
  remember(path.join(folder(set), String(process.pid)), process.pid)
}

/** True when nobody else uses the services and nobody asked to keep them running. */
export function giveUpLease(set: InstanceSet): boolean {
  rmSync(path.join(folder(set), String(process.pid)), { force: true })
  return !isKept(set) && users(set).length === 0
}

/** The living processes that use the set's services. */
export function users(set: InstanceSet): number[] {
  return children(folder(set)).flatMap((file) => runningPid(file) ?? [])
}

/** `npm run services -- up` keeps them running whoever comes and goes. A file, so that those who already run see it. */
export function keep(set: InstanceSet, kept: boolean): void {
  if (kept) writeFileSync(keptFile(set), '')
  else rmSync(keptFile(set), { force: true })
}

export const isKept = (set: InstanceSet) => existsSync(keptFile(set))

/** Why the services go on although this process has given up its lease; undefined when they do not. */
export function whyKept(set: InstanceSet): string | undefined {
  const others = users(set)
  if (others.length > 0) return `process ${others.join(', ')} uses them`
  return isKept(set) ? 'npm run services -- up asked for it; npm run services -- down stops them' : undefined
}

const keptFile = (set: InstanceSet) => path.join(set.folder, 'kept')
