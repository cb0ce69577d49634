import { readdirSync } from 'node:fs'
import path from 'node:path'
import type pg from 'pg'
import type { Provided } from '../../dev/services/index.ts'
import { runningPid } from '../../dev/processes/daemon.ts'
import type { InstanceSet } from '../../dev/services/index.ts'
import { cpuSecondsOf, statOf, type Running } from './process.ts'

/** Processor seconds used so far, by part. */
type Meters = Record<string, () => number | undefined>

/** The first process of each service that is private, by its name, on Linux; others run elsewhere, or behind a wall. */
export async function servicePids(
  set: InstanceSet,
  origin: Provided['origin'],
  admin: pg.Client,
): Promise<Record<string, number>> {
  if (process.platform !== 'linux') return {}
  const pids: Record<string, number | undefined> = {}
  if (origin.postgres === 'private') {
    const { rows } = await admin.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    pids['postgres'] = Number(statOf(rows[0]!.pid)?.[1]) || undefined
  }
  for (const name of ['rabbitmq', 'redis'] as const)
    if (origin[name] === 'private') pids[name] = runningPid(path.join(set.folder, `${name}.pid`))
  return Object.fromEntries(Object.entries(pids).flatMap(([name, pid]) => (pid === undefined ? [] : [[name, pid]])))
}

/** Where the processor time goes. */
export function serviceMeters({ postgres, rabbitmq }: Record<string, number>): Meters {
  return {
    ...(postgres !== undefined && { postgres: () => cpuSecondsOfFamily(String(postgres)) }),
    ...(rabbitmq !== undefined && { rabbitmq: () => cpuSecondsOf(rabbitmq) }),
  }
}

/** A process, its children of now, and those it has seen end. */
function cpuSecondsOfFamily(parent: string): number | undefined {
  const own = statOf(parent)
  if (!own) return undefined
  const ticks = (fields: string[], ...places: number[]) => places.reduce((sum, place) => sum + Number(fields[place]), 0)
  let sum = ticks(own, 11, 12, 13, 14)
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const stat = statOf(pid)
    if (stat?.[1] === parent) sum += ticks(stat, 11, 12)
  }
  return sum / 100
}

/** @returns a function that tells the milliseconds of processor time since this call, by part */
export function startMeters(meters: Meters, processes: readonly Running[]): () => Record<string, number> {
  const all: Meters = { ...meters }
  for (const process of processes) all[process.name] = () => process.cpuSeconds()
  const before = Object.fromEntries(Object.entries(all).map(([name, read]) => [name, read()]))
  return () =>
    Object.fromEntries(
      Object.entries(all).flatMap(([name, read]) => {
        const [start, end] = [before[name], read()]
        return start === undefined || end === undefined ? [] : [[name, (end - start) * 1_000]]
      }),
    )
}
