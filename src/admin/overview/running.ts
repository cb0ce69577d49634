import { listRunning, type RunningProcesses } from '#messaging'
import type { Database } from '#platform/database'
import type { Overview } from '../contract/index.ts'

/** Which processes run, and of which releases. */
export async function readRunning(db: Database): Promise<Overview['running']> {
  const running = await listRunning(db)
  return {
    processes: running.map(({ since, ...one }) => ({ ...one, since: since.toISOString() })),
    sentence: tellReleases(running),
  }
}

type Told = Pick<RunningProcesses, 'service' | 'release' | 'processes' | 'since'>

/** Which releases run side by side, the one that began last at the end; nothing where there is one. */
export function tellReleases(running: readonly Told[]): string | null {
  const releases = [...new Set(running.map(({ release }) => release))]
    .map((release) => toldOf(release, running))
    .toSorted((a, b) => a.since - b.since)
  if (releases.length < 2) return null
  const told = releases.map(({ release, kinds, since }) => `${release} (${kinds}) since ${clock(since)}`)
  return `${releases.length} releases run side by side: ${told.slice(0, -1).join(', ')} and ${told.at(-1)}.`
}

function toldOf(release: string, running: readonly Told[]) {
  const those = running.filter((one) => one.release === release)
  const kinds = new Map<string, number>()
  for (const { service, processes } of those) kinds.set(service, (kinds.get(service) ?? 0) + processes)
  const since = Math.min(...those.map((one) => one.since.getTime()))
  return { release, kinds: [...kinds].map(counted).join(', '), since }
}

const PLURALS: Record<string, string> = { api: 'APIs' }
const counted = ([service, count]: [string, number]) =>
  count === 1 ? service : `${count} ${PLURALS[service] ?? `${service}s`}`
/** By UTC, as other times that no browser writes. */
const clock = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
