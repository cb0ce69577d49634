import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { openDatabase, type OpenDatabase } from '#platform/database'

/** Set by `npm test`: a server with a migrated database that tests clone. */
const TEMPLATE_URL = 'TEST_DATABASE_URL'

export interface TestDatabase extends OpenDatabase {
  url: string
}

/** A private copy of the migrated template database, dropped by `close`. About 0.1 seconds. */
export async function testDatabase(): Promise<TestDatabase> {
  const template = new URL(requireTestService(TEMPLATE_URL))
  const name = `test_${randomBytes(6).toString('hex')}`
  await administer(template, `CREATE DATABASE "${name}" TEMPLATE "${template.pathname.slice(1)}"`)
  const url = new URL(template)
  url.pathname = `/${name}`
  const database = openDatabase(url.toString(), { planning: 'by-key' })
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

async function administer(template: URL, statement: string) {
  const server = new URL(template)
  server.pathname = '/postgres'
  const client = new pg.Client({ connectionString: server.toString() })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
