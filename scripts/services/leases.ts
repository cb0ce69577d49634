import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { children } from './binaries.ts'
import { remember, runningPid } from './daemon.ts'
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

/** `npm run services -- up` keeps them running whoever comes and goes. */
export function keep(set: InstanceSet, kept: boolean): void {
  set.state.kept = kept
  set.save()
}

export const isKept = (set: InstanceSet) => set.state.kept === true
