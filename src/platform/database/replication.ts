import type pg from 'pg'

interface Answer {
  user: string
  commits: string
  asynchronous: string[]
  hidden: number
}

/**
 * What is missing for the promise that an answered order survives the loss of the primary, in one sentence: each standby
 * that may take its place must be synchronous. Undefined when nothing is missing, as without any standby.
 */
export async function replicationGap(client: pg.Client): Promise<string | undefined> {
  // Without pg_monitor PostgreSQL shows that there is a standby, and leaves empty what is known of it.
  const { rows } = await client.query<Answer>(`
    SELECT current_user AS user, current_setting('synchronous_commit') AS commits,
      coalesce(array_agg(application_name ORDER BY application_name) FILTER (WHERE sync_state = 'async' AND state <> 'backup'), '{}') AS asynchronous,
      count(*) FILTER (WHERE sync_state IS NULL)::int AS hidden
    FROM pg_stat_replication`)
  const { user, commits, asynchronous, hidden } = rows[0]!
  if (commits === 'off')
    return 'synchronous_commit is off: when PostgreSQL crashes, orders that were answered with 202 are lost. Set it to on.'
  if (hidden > 0)
    return `PostgreSQL has a standby, but ${user} may not see whether it is synchronous: GRANT pg_monitor TO ${user}.`
  if (asynchronous.length === 0) return undefined
  return (
    `The standby ${asynchronous.join(', ')} replicates asynchronously: after a failover to it, orders that were answered ` +
    'with 202 may be missing. Name it in synchronous_standby_names.'
  )
}
