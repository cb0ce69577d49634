import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import type { Pooler } from '../database.ts'
import type { ClientClass } from './primary-client.ts'

/** Others may take the session that was just let go: so often it is tried to get the same one. */
const TRIES = 10

/**
 * What the server does with sessions, found out by trying: whether two connections at the same time get the same session
 * for their transactions, and whether the second finds there what the first has prepared.
 */
export async function poolingOf(Client: ClientClass): Promise<Pooler> {
  const first = new Client({ application_name: 'fanfare check' })
  const second = new Client({ application_name: 'fanfare check' })
  try {
    await first.connect()
    if (await isWithoutPooler(first)) return 'none'
    await second.connect()
    for (let tries = 0; tries < TRIES; tries++) {
      const found = await compare(first, second)
      if (found) return found
    }
    return 'none' // each has a session of its own: a pooler in session mode, or a proxy that knows the protocol
  } finally {
    await Promise.all([first.end().catch(() => {}), second.end().catch(() => {})])
  }
}

/** PostgreSQL tells each connection the id of its process; a pooler tells one that it made up. */
async function isWithoutPooler(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid === (client as unknown as { processID: number }).processID
}

async function compare(first: pg.Client, second: pg.Client): Promise<Pooler | undefined> {
  const name = `fanfare_check_${randomBytes(6).toString('hex')}`
  const text = 'SELECT pg_backend_pid() AS pid, $1::int AS value'
  const { rows } = await first.query<{ pid: number }>({ name, text, values: [1] })
  await second.query('BEGIN')
  const seen = await second.query<{ pid: number; prepared: boolean }>(
    `SELECT pg_backend_pid() AS pid, EXISTS (SELECT FROM pg_prepared_statements WHERE name = '${name}') AS prepared`,
  )
  const { pid, prepared } = seen.rows[0]!
  if (prepared) await second.query(`DEALLOCATE ${name}`)
  await second.query('COMMIT')
  if (pid !== rows[0]!.pid) return undefined
  // Under the name that we gave it, the statement of one would be in the way of all others.
  return prepared ? 'transaction' : 'transaction-prepared'
}
