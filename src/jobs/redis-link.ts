import { Redis } from 'ioredis'
import type { Logger } from '#platform/log/logger'

export interface RedisLink {
  redis: Redis
  /** Tells of trouble; logged once for each outage, whoever notices and however often. */
  isAway(err: Error): void
  close(): void
}

/** A connection that comes back by itself. `onReady` is called on each connect, the first included. */
export function openRedis(url: string, log: Logger, onReady: () => void): RedisLink {
  let awaySince: number | undefined
  let isClosed = false
  // BullMQ asks for null: a command waits for Redis to come back.
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  })
  const isAway = (err: Error) => {
    // Other connections may complain late, when this one is through again: then the outage is over.
    if (redis.status === 'ready') return
    if (awaySince === undefined && redis.status !== 'end')
      log.warn({ err }, 'Redis is away: schedules wait, nothing is lost')
    awaySince ??= performance.now()
  }
  redis.on('error', isAway)
  // A proxy without a server behind it accepts each connection and closes it: that is no error.
  redis.on('close', () => isClosed || isAway(new Error('the connection was closed')))
  redis.on('ready', () => {
    if (awaySince !== undefined)
      log.info({ awayMs: Math.round(performance.now() - awaySince), isRecovery: true }, 'Redis answers again')
    awaySince = undefined
    onReady()
  })
  return {
    redis,
    isAway,
    close() {
      isClosed = true
      redis.disconnect()
    },
  }
}
