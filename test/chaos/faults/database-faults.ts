import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'

/**
 * For some seconds, each transaction that appends events sleeps, with a chance of one in ten, while it commits: its
 * position is drawn, and others that drew later ones are visible before it.
 */
export async function commitSlowly(pool: pg.Pool, ms: number): Promise<void> {
  await pool.query(`
    CREATE OR REPLACE FUNCTION chaos_commit_slowly() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF coalesce(current_setting('chaos.asked', true), '') = txid_current()::text THEN RETURN NULL; END IF;
      PERFORM set_config('chaos.asked', txid_current()::text, true);
      IF random() < 0.1 THEN PERFORM pg_sleep(random() * 1.5); END IF;
      RETURN NULL;
    END $$`)
  await undo(pool, dropFrom('events', 'chaos_slow_commits'))
  await pool.query(`
    CREATE CONSTRAINT TRIGGER chaos_slow_commits AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION chaos_commit_slowly()`)
  await wait(ms)
  await undo(pool, dropFrom('events', 'chaos_slow_commits'))
}

/**
 * DROP TRIGGER alone locks the partitions before their table, and readers the other way round: each reader that it met
 * would end in a deadlock, which is none of the faults that are meant.
 */
const dropFrom = (table: string, trigger: string) =>
  `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE; DROP TRIGGER IF EXISTS ${trigger} ON ${table}` // one transaction

const UNDO_MS = 30_000

/** It locks the table, which may take more than one try beside all others: what is not undone would spoil the rest of the run. */
async function undo(pool: pg.Pool, statement: string): Promise<void> {
  const end = performance.now() + UNDO_MS
  for (;;) {
    try {
      return void (await pool.query(statement))
    } catch (error) {
      if (performance.now() > end) throw error
      await wait(100)
    }
  }
}

/** For some seconds PostgreSQL takes no writes, as a standby that a failover has not promoted yet. */
export async function readOnly(pool: pg.Pool, ms: number): Promise<void> {
  await pool.query('ALTER SYSTEM SET default_transaction_read_only = on')
  await pool.query('SELECT pg_reload_conf()')
  await wait(ms)
  await undo(pool, 'ALTER SYSTEM SET default_transaction_read_only = off')
  await undo(pool, 'SELECT pg_reload_conf()')
}

/** For some seconds nothing can be noted as handled or failed: PostgreSQL answers as it does when its disk is full. */
export async function fullDisk(pool: pg.Pool, ms: number): Promise<void> {
  await pool.query(`
    CREATE OR REPLACE FUNCTION chaos_full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
    END $$`)
  for (const table of TABLES)
    await pool.query(
      `CREATE OR REPLACE TRIGGER chaos_full_disk BEFORE INSERT ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION chaos_full_disk()`,
    )
  await wait(ms)
  for (const table of TABLES) await undo(pool, dropFrom(table, 'chaos_full_disk'))
}

const TABLES = ['handled_events', 'deliveries']
