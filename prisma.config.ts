import path from 'node:path'
import { defineConfig } from 'prisma/config'
import { findSchemaEngine } from './tools/find-schema-engine.ts'

const engines = path.join(import.meta.dirname, 'node_modules/@prisma/engines')
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= findSchemaEngine(engines)
process.env['PRISMA_HIDE_UPDATE_MESSAGE'] ??= '1'
process.env['CHECKPOINT_DISABLE'] ??= '1'
try {
  process.loadEnvFile() // Prisma 7 does not read .env by itself
} catch {
  // no .env file: the environment is used as it is
}

const given =
  process.env['DATABASE_DIRECT_URL'] || process.env['DATABASE_URL'] || 'postgresql://postgres@127.0.0.1:5432/fanfare'

export default defineConfig({
  schema: 'prisma',
  // Another domain's database has migrations of its own beside those of the core.
  migrations: { path: process.env['MIGRATIONS'] || 'prisma/migrations' },
  datasource: { url: given.includes(',') ? await primaryOf(given) : given },
})

/** Prisma's engines know one server. */
async function primaryOf(url: string): Promise<string> {
  const { findPrimary } = await import('./src/platform/database/primary-client.ts')
  return findPrimary(url)
}
