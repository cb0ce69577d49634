import { readdirSync, readFileSync } from 'node:fs'
import { statOf } from './process.ts'

/** Megabytes of memory that a process occupies (RSS); undefined when it has ended. */
export const residentOf = (pid: number) => statusMb(pid, 'VmRSS')

/** Megabytes that a process and its children have to themselves; what they share (PostgreSQL's buffers) is left out. */
export function ownOfFamily(parent: number): number {
  const children = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && statOf(pid)?.[1] === String(parent))
  return [parent, ...children.map(Number)].reduce((sum, pid) => sum + (statusMb(pid, 'RssAnon') ?? 0), 0)
}

/** Files and sockets that a process holds open; undefined when it has ended. */
export function openFilesOf(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return undefined
  }
}

function statusMb(pid: number, field: string): number | undefined {
  try {
    const kb = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kb === undefined ? undefined : Number(kb) / 1_024
  } catch {
    return undefined
  }
}
