import { reportProcess } from '#messaging'
import type { Database } from '#platform/database'
import type { ProcessContext } from '#platform/process/shutdown'
import { releaseOf } from '#platform/release'

interface Reporting {
  db: Database
  /** How it signs what it does. */
  instance: string
  service: string
  /** Of a worker: its reactions and projections. */
  runs?: readonly string[]
}

/** From now until this process stops, operators see that it runs, and of which release. Waits until that is said, or cannot be. */
export async function reportRunning(reporting: Reporting, { config, onStop }: ProcessContext): Promise<void> {
  const { begun, end } = reportProcess({ ...reporting, release: releaseOf(config) })
  onStop(end)
  await begun
}
