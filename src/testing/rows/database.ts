import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { openDatabase, type OpenDatabase } from '#platform/database'

/** Set by `npm test`: a server with a migrated database that tests clone. */
const TEMPLATE_URL = 'TEST_DATABASE_URL'

export interface TestDatabase extends OpenDatabase {
  url: string
}

/**
 * A private copy of the migrated template database, dropped by `close`. About 0.1 seconds.
 * @param migrations folders of another domain's migrations, which are applied to an empty database in its place
 */
export async function testDatabase(migrations?: readonly string[]): Promise<TestDatabase> {
  const template = new URL(requireTestService(TEMPLATE_URL))
  const name = `test_${randomBytes(6).toString('hex')}`
  await administer(
    template,
    `CREATE DATABASE "${name}" TEMPLATE "${migrations ? 'template0' : template.pathname.slice(1)}"`,
  )
  const url = new URL(template)
  url.pathname = `/${name}`
  for (const folder of migrations ?? []) await apply(url, folder)
  const database = openDatabase(url.toString(), { planning: 'by-key', connectWithinMs: 20_000 }) // the machine may be busy
  return {
    ...database,
    url: url.toString(),
    async close() {
      await database.close()
      await administer(template, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
    },
  }
}

/** @throws with the sentence that says how to get the services that tests run on */
export function requireTestService(variable: string): string {
  const url = process.env[variable]
  if (!url) throw new Error(`${variable} is not set: run the tests with npm test, which starts the services they need`)
  return url
}

function administer(template: URL, statement: string) {
  const server = new URL(template)
  server.pathname = '/postgres'
  return run(server, statement)
}

const apply = (database: URL, folder: string) => run(database, readFileSync(path.join(folder, 'migration.sql'), 'utf8'))

async function run(url: URL, statement: string) {
  const client = new pg.Client({ connectionString: url.toString() })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
