import { notBuilt, tooEarly } from '#http'
import {
  createProjectionReader,
  listProjections,
  register,
  runProjections,
  type Projection,
  type ProjectionReader,
} from '#messaging'
import { createLogger } from '#platform/log/logger'
import type { TestDatabase } from './rows/database.ts'
import { deadline } from './deadline.ts'

/**
 * Brings projections as far as the events that are stored: the product's own loop, on a real database and without a broker.
 * @throws when one of them fails on an event
 */
export async function project({ db }: Pick<TestDatabase, 'db'>, ...projections: Projection[]): Promise<void> {
  await register(db, projections)
  const running = runProjections(projections, { db, log: createLogger('test', 'silent'), instance: 'test', pollMs: 20 })
  const names = projections.map(({ name }) => name)
  try {
    await deadline(`${names.join(', ')} are current`, async () => {
      const standing = (await listProjections(db)).filter(({ name }) => names.includes(name))
      const failed = standing.find(({ state }) => state === 'failed')
      if (failed) throw new Error(`${failed.name} has failed: ${failed.reason}`)
      return standing.every(({ behind }) => behind === 0n)
    })
  } finally {
    await running.stop()
  }
}

/** What routes read projections through, as the API has it. @param patienceMs how long `after` waits */
export const projectionReader = ({ db }: Pick<TestDatabase, 'db'>, patienceMs = 20_000): ProjectionReader =>
  createProjectionReader({ db, tooEarly, notBuilt, patienceMs })
