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
  await pool.query(`
    CREATE CONSTRAINT TRIGGER chaos_slow_commits AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION chaos_commit_slowly()`)
  await wait(ms)
  await pool.query('DROP TRIGGER chaos_slow_commits ON events')
}

/** For some seconds PostgreSQL takes no writes, as a standby that a failover has not promoted yet. */
export async function readOnly(pool: pg.Pool, ms: number): Promise<void> {
  await setReadOnly(pool, 'on')
  await wait(ms)
  await setReadOnly(pool, 'off')
}

async function setReadOnly(pool: pg.Pool, value: 'on' | 'off') {
  await pool.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`)
  await pool.query('SELECT pg_reload_conf()')
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
      `CREATE TRIGGER chaos_full_disk BEFORE INSERT ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION chaos_full_disk()`,
    )
  await wait(ms)
  for (const table of TABLES) await pool.query(`DROP TRIGGER chaos_full_disk ON ${table}`)
}

const TABLES = ['handled_events', 'deliveries']
