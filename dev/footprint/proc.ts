import { readdirSync, readFileSync } from 'node:fs'

/** What Linux says of processes in /proc; memory in megabytes. */
export interface Usage {
  /** Resident memory: what processes share is counted in each of them. */
  rss: number
  /** Proportional memory: what processes share is divided among them, so that a sum is what they take together. */
  pss: number
  /** Processor time since the start, with that of children that have ended. */
  cpuMs: number
}

/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10

/** The sum over these processes; those that have ended count nothing. */
export function usageOf(pids: readonly number[]): Usage {
  const total = { rss: 0, pss: 0, cpuMs: 0 }
  for (const pid of pids) {
    const memory = read(pid, 'smaps_rollup')
    total.rss += field(memory, 'Rss')
    total.pss += field(memory, 'Pss')
    total.cpuMs += cpuMsOf(pid)
  }
  return total
}

/** Processor time of one process, as in its usage: without the memory, which costs Linux milliseconds to tell. */
export function cpuMsOf(pid: number): number {
  return statOf(pid)
    .slice(11, 15)
    .reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0)
}

/** The process, all that it has started, and what those have started. */
export function familyOf(pid: number): number[] {
  const all = runningPids().map((one) => ({ pid: one, parent: Number(statOf(one)[1]) }))
  const family = (of: number): number[] => [
    of,
    ...all.filter(({ parent }) => parent === of).flatMap((one) => family(one.pid)),
  ]
  return family(pid)
}

const runningPids = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** From the state of the process on: the name before it may hold spaces. */
function statOf(pid: number): string[] {
  const stat = read(pid, 'stat')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return '' // it has ended
  }
}

const field = (text: string, name: string) =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1_024
