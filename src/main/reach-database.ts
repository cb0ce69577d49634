import { setTimeout as wait } from 'node:timers/promises'
import { StartupError } from '#platform/config'
import { isDatabaseOutage, openDatabase, placesOf } from '#platform/database'
import { checkDatabase } from '#platform/database/start-check'
import { endWithSentence, type ProcessContext } from '#platform/process/shutdown'
import { expectMasterKeys, makeKeysAfter } from '#platform/sealing'

/** Milliseconds that a starting process waits for PostgreSQL: both may have been started by the same hand. */
const PATIENCE_MS = 60_000

/**
 * Checks what is said of PostgreSQL, then runs what a process needs of it before it can begin. Waits while it is away,
 * and says at once for what and where.
 * @throws StartupError at once for a wrong address, login or pooler; after a minute when PostgreSQL stays away
 */
export async function onceReachable<T>(context: ProcessContext, work: () => Promise<T>): Promise<T> {
  const { config, log } = context
  const place = placesOf(config.DATABASE_URL)
  const end = performance.now() + PATIENCE_MS
  for (let tries = 1; ; tries++) {
    try {
      await check(context)
      return await work()
    } catch (error) {
      if (error instanceof StartupError || !isDatabaseOutage(error)) throw error
      const reason = reasonOf(error)
      if (tries === 1) log.warn({ reason }, `PostgreSQL is away: waiting ${PATIENCE_MS / 1_000} s for it at ${place}`)
      if (performance.now() > end)
        throw new StartupError(
          `PostgreSQL at ${place} is not reached (${reason}): start it, or set DATABASE_URL to where it is.`,
        )
    }
    await wait(500)
  }
}

/**
 * Checks the same for a process that can begin without PostgreSQL, and the master keys: an outage is told, and not waited for. The check
 * goes on meanwhile, no customer gets a key before it has come to its end, and a StartupError then ends the process with its sentence.
 */
export async function checkWhenReachable(context: ProcessContext): Promise<void> {
  const { config, log } = context
  try {
    await checkWithKeys(context)
  } catch (error) {
    if (error instanceof StartupError || !isDatabaseOutage(error)) throw error
    log.warn(
      { reason: reasonOf(error) },
      `PostgreSQL at ${placesOf(config.DATABASE_URL)} is away: beginning without it`,
    )
    makeKeysAfter(checkUntilReached(context).catch(endWithSentence))
  }
}

async function checkUntilReached(context: ProcessContext): Promise<void> {
  for (;;) {
    await wait(500, undefined, { ref: false })
    try {
      return await checkWithKeys(context)
    } catch (error) {
      if (error instanceof StartupError || !isDatabaseOutage(error)) throw error
    }
  }
}

/** On a connection of its own: those of the pool may all be waiting for this. */
async function checkWithKeys(context: ProcessContext) {
  await check(context)
  const { DATABASE_URL, DATABASE_POOLER: pooler } = context.config
  const { db, close } = openDatabase(DATABASE_URL, { poolSize: 1, pooler, applicationName: 'fanfare check' })
  await expectMasterKeys(db).finally(close)
}

async function check({ config, log }: ProcessContext) {
  for (const warning of await checkDatabase(config)) log.warn(warning)
}

/** Of several servers, what each has said. */
function reasonOf(error: unknown): string {
  const { errors, message } = error as { errors?: unknown[]; message: string }
  return errors ? errors.map(reasonOf).join('; ') : message
}
