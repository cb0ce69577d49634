import type pg from 'pg'

/** Beyond what a synchronized clock is ever wrong by. */
const TOLERATED_MS = 2_000

/**
 * Says in one sentence how far the clock of this machine is from the database's, if it is. What is due is decided by the
 * database's, and events carry its time; logs, and what a reaction dates by `now`, carry that of their process.
 */
export async function clockGap(client: pg.Client, now = Date.now): Promise<string | undefined> {
  const asked = now()
  const { rows } = await client.query<{ ms: number }>(
    'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms',
  )
  const answered = now()
  const ahead = asked - rows[0]!.ms > 0 ? asked - rows[0]!.ms : Math.min(0, answered - rows[0]!.ms)
  if (Math.abs(ahead) <= TOLERATED_MS) return undefined
  const seconds = Math.round(Math.abs(ahead) / 1_000)
  return (
    `The clock of this machine is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} that of PostgreSQL: ` +
    'times in its logs and in what its reactions write will be wrong by that. Synchronize both (NTP).'
  )
}
