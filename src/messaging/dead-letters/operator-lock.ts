import type pg from 'pg'
import { Refused, type DeadLetterContext } from './context.ts'
import { unfinishedAction } from './operator-actions.ts'

/**
 * Runs `work` as the only operator on a reaction's dead letters. The lock belongs to a connection and ends with it, so a
 * process that was killed holds nothing; and `work` changes dead letters through that same connection, so it cannot go
 * on after the lock is gone.
 * @throws Refused naming who works on them at the moment
 */
export async function asOnlyOperator<T>(
  context: Pick<DeadLetterContext, 'db' | 'pool'>,
  reaction: string,
  work: (connection: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const connection = await context.pool.connect()
  connection.on('error', ignore) // the next query on it fails, and says why
  let clean = false
  try {
    const { rows } = await connection.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
      [`dead letters of ${reaction}`],
    )
    if (!rows[0]!.locked) throw new Refused(await describeHolder(context, reaction))
    const result = await work(connection)
    clean = await connection.query('SELECT pg_advisory_unlock_all()').then(
      () => true,
      () => false,
    )
    return result
  } finally {
    connection.off('error', ignore)
    connection.release(!clean) // destroyed unless unlocked: the lock must not go back into the pool
  }
}

async function describeHolder({ db }: Pick<DeadLetterContext, 'db'>, reaction: string): Promise<string> {
  const other = await unfinishedAction(db, reaction)
  const who = other
    ? `${other.operator} has been at it since ${other.begunAt.toISOString()} (${other.action}, action ${other.actionId})`
    : 'another operator has just begun'
  return `Somebody else works on the dead letters of ${reaction}: ${who}. Wait until that has finished; the history command shows it.`
}

function ignore() {}
