import pg from 'pg'
import { NoFreeConnection } from './errors.ts'
import { clientFor } from './primary-client.ts'

/** pg's pool, to the primary of one server or several. `connectionTimeoutMillis` also bounds the wait for one to become free. */
export function createPool(connectionString: string, options: pg.PoolConfig): pg.Pool {
  const pool = new ExplainingPool({
    ...options,
    Client: clientFor(connectionString),
    keepAlive: true,
  })
  pool.on('error', () => {}) // an idle connection broke: the pool has dropped it already
  return pool
}

type Told = (error: Error | undefined, client: pg.PoolClient | undefined, done: (release?: unknown) => void) => void

/** Says of a wait that was in vain whether connections were missing or the server. */
class ExplainingPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>
  override connect(callback: Told): void
  override connect(callback?: Told): Promise<pg.PoolClient> | void {
    if (callback) return super.connect((error, ...rest) => callback(this.#explain(error), ...rest))
    return super.connect().catch((error: Error) => {
      throw this.#explain(error)!
    })
  }

  #explain(error: Error | undefined): Error | undefined {
    if (error?.message !== 'timeout exceeded when trying to connect') return error
    const { totalCount, waitingCount, options } = this
    const seconds = (options.connectionTimeoutMillis ?? 0) / 1_000
    if (totalCount < options.max) return error
    return new NoFreeConnection(
      `no free connection within ${seconds} s: all ${options.max} of this process (DATABASE_POOL) are in use ` +
        `and ${waitingCount} more are waited for`,
      { cause: error },
    )
  }
}
