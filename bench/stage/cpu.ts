import { readdirSync } from 'node:fs'
import path from 'node:path'
import type pg from 'pg'
import type { Provided } from '../../scripts/services/index.ts'
import { runningPid } from '../../scripts/services/daemon.ts'
import type { InstanceSet } from '../../scripts/services/index.ts'
import { cpuSecondsOf, statOf, type Running } from './process.ts'

/** Processor seconds used so far, by part. */
type Meters = Record<string, () => number | undefined>

/**
 * Where the processor time goes. Services are read only when they are private ones on Linux: others run elsewhere, or
 * behind a wall.
 */
export async function serviceMeters(set: InstanceSet, origin: Provided['origin'], admin: pg.Client): Promise<Meters> {
  const meters: Meters = {}
  if (process.platform !== 'linux') return meters
  if (origin.postgres === 'private') {
    const { rows } = await admin.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    const postmaster = statOf(rows[0]!.pid)?.[1]
    if (postmaster) meters['postgres'] = () => cpuSecondsOfFamily(postmaster)
  }
  if (origin.rabbitmq === 'private') {
    const pid = runningPid(path.join(set.folder, 'rabbitmq.pid'))
    if (pid !== undefined) meters['rabbitmq'] = () => cpuSecondsOf(pid)
  }
  return meters
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
