import { Redis } from 'ioredis'
import type { Logger } from '#platform/log/logger'

/** A request does not wait longer than that for Redis to count it. */
const ANSWER_MS = 100

export interface LimitStore {
  redis: Redis
  /** A round trip. @returns who answered, such as `Redis 7.0.15` */
  ask(): Promise<string>
  close(): void
}

/** A connection that fails at once while Redis is away: limits are then counted in this process. */
export function openLimitStore(url: string, log: Logger): LimitStore {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: ANSWER_MS,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  })
  let away = false
  redis.on('error', (err: Error) => {
    if (!away && redis.status !== 'end') log.warn({ err }, 'Redis is away: each API process counts limits for itself')
    away = true
  })
  redis.on('ready', () => {
    if (away) log.info({ isRecovery: true }, 'Redis is back: limits are counted over all processes')
    away = false
  })
  return {
    redis,
    async ask() {
      if (redis.status !== 'ready') throw new Error('there is no connection')
      const [, version] = /redis_version:(\S+)/.exec(await redis.info('server')) ?? []
      return `Redis ${version ?? ''}`.trim()
    },
    close: () => redis.disconnect(),
  }
}
