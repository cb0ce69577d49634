import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { runTool } from './run-tool.ts'

/**
 * Applies all migrations to a database of its own on the given server and compares what they made with the schema.
 * Returns undefined when they agree, else what Prisma says is different. What Prisma's language cannot express
 * (triggers, CHECK constraints, partial indexes) is outside of the comparison.
 */
export async function migrationDrift(serverUrl: string): Promise<string | undefined> {
  const name = `fanfare_drift_${randomBytes(6).toString('hex')}`
  const onServer = (database: string) => Object.assign(new URL(serverUrl), { pathname: `/${database}` }).href
  // Not the database of the URL itself: while somebody is connected to it, tests could not clone it.
  const server = new pg.Client({ connectionString: onServer('postgres'), connectionTimeoutMillis: 5_000 })
  await server.connect()
  try {
    await server.query(`CREATE DATABASE ${name}`)
    return await compare({ DATABASE_URL: onServer(name), DATABASE_DIRECT_URL: onServer(name) })
  } finally {
    await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    await server.end()
  }
}

async function compare(environment: Record<string, string>): Promise<string | undefined> {
  const deployed = await runTool('prisma', ['migrate', 'deploy'], environment)
  if (deployed.code !== 0) return deployed.output
  const diff = ['migrate', 'diff', '--from-config-datasource', '--to-schema', 'prisma', '--exit-code']
  const compared = await runTool('prisma', diff, environment)
  return compared.code === 0 ? undefined : `The schema and the migrations differ.\n${compared.output}`
}
