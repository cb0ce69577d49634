import { Redis } from 'ioredis'
import { readConfig } from '#platform/config'
import { createPositions, type Positions } from './positions.ts'

let opened: Positions | undefined

/** The positions in the Redis of this process. An outage is an error within two seconds, never a request that waits. */
export function positions(): Positions {
  if (opened) return opened
  const { REDIS_URL, MESSAGING_NAMESPACE: prefix } = readConfig()
  const redis = new Redis(REDIS_URL, {
    maxRetriesPerRequest: 1,
    connectTimeout: 2_000,
    commandTimeout: 2_000,
    retryStrategy: (tries) => Math.min(100 * tries, 1_000),
  })
  redis.on('error', () => {}) // whoever asks is told
  return (opened = createPositions(redis, { prefix }))
}

export function closePositions(): void {
  opened?.close()
  opened = undefined
}
