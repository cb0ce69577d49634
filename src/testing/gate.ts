import { spawn } from 'node:child_process'
import pg from 'pg'
import type { TestDatabase } from './rows/database.ts'
import { deadline } from './deadline.ts'

const KEY = 4711

/** Statements of others stop at the gate, which a trigger leads to, until it is opened. */
async function closeGate({ url }: TestDatabase, trigger: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`SELECT pg_advisory_lock(${KEY})`)
  await client.query(`CREATE OR REPLACE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock(${KEY}); RETURN coalesce(NEW, OLD); END $$`)
  await client.query(`CREATE OR REPLACE FUNCTION command_gate() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock(${KEY}); END $$`)
  await client.query(trigger)
  const waiting = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = ${KEY} AND NOT granted`
  return {
    somebodyWaits: () =>
      deadline('somebody waits at the gate', async () => (await client.query(waiting)).rowCount! > 0, {
        within: 120_000,
      }),
    async open() {
      await client.query(`SELECT pg_advisory_unlock(${KEY})`)
      await client.query(`DROP FUNCTION gate, command_gate CASCADE`)
      await client.end()
    },
  }
}

/**
 * Runs a command of `fanfare` until it comes to the gate, kills it there (SIGKILL), and waits until PostgreSQL has noticed.
 * @param trigger creates one that executes `gate()`, or an event trigger that executes `command_gate()`
 * @param command what node is told to run it as a process of its own
 */
export async function killedAt(database: TestDatabase, trigger: string, command: readonly string[]): Promise<void> {
  const gate = await closeGate(database, trigger)
  const env = { ...process.env, DATABASE_URL: database.url }
  const child = spawn(process.execPath, command, { env, stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    await gate.somebodyWaits()
  } finally {
    child.kill('SIGKILL')
    await ended
    await gate.open()
  }
  await deadline('its sessions have ended', async () => {
    const [row] = await database.db.$queryRaw<[{ count: bigint }]>`
      SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'fanfare command'`
    return row.count === 0n
  })
  await database.db.$executeRaw`UPDATE leases SET expires_at = '-infinity'` // as if its time had passed
}
