import { createHash } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { runToEnd } from '../processes/run-to-end.ts'
import { inAnyDatabase } from './answering.ts'
import { PROJECT, SetupError } from '../project.ts'

const MIGRATIONS = path.join(PROJECT, 'prisma/migrations')
/** Prisma keeps in it what kind of database they are for. */
const LOCK = 'migration_lock.toml'

/**
 * Makes the database if it does not exist and brings it to the newest schema. Cheap when there is nothing to do.
 * @param migrations folder of them. @default that of this project
 * @returns false when there was nothing to do
 */
export async function migrate(url: string, migrations = MIGRATIONS): Promise<boolean> {
  if (await isUpToDate(url, migrations)) return false
  await deploy(url, migrations)
  return true
}

/**
 * Brings a database of another domain to the newest schema.
 * @param folders each a migration
 * @param place where they are copied to: Prisma takes them from one folder
 */
export async function migrateWith(url: string, folders: readonly string[], place: string): Promise<boolean> {
  rmSync(place, { recursive: true, force: true })
  for (const folder of folders) cpSync(folder, path.join(place, path.basename(folder)), { recursive: true })
  cpSync(path.join(MIGRATIONS, LOCK), path.join(place, LOCK))
  return migrate(url, place)
}

/**
 * A migrated database without data for tests to clone, made again only when a migration has changed.
 * @returns its URL
 */
export async function prepareTemplate(server: string, name: string): Promise<string> {
  const template = new URL(server)
  template.pathname = `/${name}`
  const contents = hashOfMigrations()
  await inDatabase(inAnyDatabase(server), async (client) => {
    if ((await commentOn(client, name)) === contents) return
    await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
    await deploy(template.href)
    await client.query(`COMMENT ON DATABASE "${name}" IS '${contents}'`)
  })
  return template.href
}

async function isUpToDate(url: string, migrations: string): Promise<boolean> {
  const applied = await inDatabase<string[]>(url, async (client) => {
    const { rows } = await client.query<{ migration_name: string }>(
      'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    )
    return rows.map((row) => row.migration_name)
  }).catch((): string[] => [])
  return migrationNames(migrations).every((name) => applied.includes(name))
}

async function deploy(url: string, migrations = MIGRATIONS): Promise<void> {
  const prisma = path.join(PROJECT, 'node_modules/prisma/build/index.js')
  const env = { ...process.env, DATABASE_URL: url, DATABASE_DIRECT_URL: url, MIGRATIONS: migrations }
  // Not to be cut short by Ctrl-C: a migration that is half recorded has to be resolved by hand.
  const { code, output } = await runToEnd(process.execPath, [prisma, 'migrate', 'deploy'], { cwd: PROJECT, env })
  if (code !== 0) throw new SetupError(`The database could not be migrated:\n${output.trim()}`)
}

async function commentOn(client: pg.Client, database: string): Promise<string | undefined> {
  const { rows } = await client.query<{ comment: string }>(
    "SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = $1",
    [database],
  )
  return rows[0]?.comment
}

async function inDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

function hashOfMigrations(): string {
  const hash = createHash('sha256')
  for (const name of migrationNames())
    hash.update(name).update(readFileSync(path.join(MIGRATIONS, name, 'migration.sql')))
  return hash.digest('hex')
}

function migrationNames(migrations = MIGRATIONS): string[] {
  const entries = readdirSync(migrations, { withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort()
}
