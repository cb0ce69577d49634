import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { runToEnd } from '../processes/run-to-end.ts'
import { TYPESCRIPT } from '../processes/typescript.ts'
import { migrate, PROJECT, SetupError, type InstanceSet } from '../services/index.ts'

const SEED = 'prisma/seed.ts'

interface Preparation {
  set: InstanceSet
  /** No demo key and no articles. */
  isProduction: boolean
  signal: AbortSignal
}

/**
 * Migrates the database, and seeds it when it was migrated or the seed is another than before.
 * @returns what was done, to be said of it
 */
export async function prepareDatabase(url: string, { set, isProduction, signal }: Preparation): Promise<string> {
  const changed = await migrate(process.env['DATABASE_DIRECT_URL'] || url)
  signal.throwIfAborted()
  const seed = createHash('sha256')
    .update(url)
    .update(readFileSync(path.join(PROJECT, SEED)))
    .digest('hex')
  if (isProduction || (!changed && set.state.seed === seed)) return changed ? 'migrated' : 'up to date'
  await plant(url)
  set.state.seed = seed
  set.save()
  return changed ? 'migrated and seeded' : 'seeded'
}

async function plant(url: string): Promise<void> {
  // Its configuration is checked as a whole, and it needs PostgreSQL alone.
  const others = { RABBITMQ_URL: 'amqp://127.0.0.1', REDIS_URL: 'redis://127.0.0.1' }
  const env = { ...process.env, ...others, DATABASE_URL: url }
  const { code, output } = await runToEnd(process.execPath, [...TYPESCRIPT, SEED], { cwd: PROJECT, env })
  if (code !== 0) throw new SetupError(`The seed failed: ${output.trim()}`)
}
