import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import type { Redis } from 'ioredis'

/** Seconds in which so many requests are counted; they may come all at once. */
export const WINDOW_S = 10

/** How many requests of one client, or of one address, are taken. */
export interface Limit {
  /** Counts one request of `who`. */
  take(who: string): Promise<Taken> | Taken
  /** How it stands with `who` when nothing is left of this window; undefined when there may be. Counts nothing, asks nobody. */
  spent(who: string): Taken | undefined
}

export interface Taken {
  allowed: boolean
  /** Requests that are left in this window, and seconds until the next one begins. */
  remaining: number
  resetS: number
}

/** Of a window's requests, how many one process takes from Redis at once: so few asks cost a request nothing. */
const SHARE = 100
/** Clients or addresses that are remembered; the oldest makes room. */
const MOST = 10_000

/** What this process may still let through, of what it has taken. */
interface Portion {
  left: number
  remaining: number
  endsAt: number
  /** Who comes while more is taken waits for that. */
  taking?: Promise<void> | undefined
}

/**
 * At most `perSecond` on the average of a window, over all processes: counted in Redis, which gives each process portions of a
 * hundredth. While Redis is away each process counts for itself.
 */
export function createLimit(name: string, perSecond: number, redis: Redis | undefined): Limit {
  const points = perSecond * WINDOW_S
  const portionSize = Math.max(1, Math.floor(points / SHARE))
  const counter = createCounter(name, points, redis)
  const portions = new Map<string, Portion>()

  const portionOf = (who: string): Portion => {
    const known = portions.get(who)
    if (known) return known
    if (portions.size >= MOST) portions.delete(portions.keys().next().value!)
    const made = { left: 0, remaining: points, endsAt: 0 }
    portions.set(who, made)
    return made
  }
  const refill = async (who: string, portion: Portion) => {
    try {
      const { remainingPoints, msBeforeNext, allowed } = await consume(counter, who, portionSize)
      portion.endsAt = Date.now() + msBeforeNext
      portion.left = allowed ? portionSize : 0
      portion.remaining = remainingPoints
    } finally {
      portion.taking = undefined
    }
  }
  /** Nothing is left of this window for anybody. */
  const isSpent = ({ remaining, endsAt }: Portion) => remaining < portionSize && Date.now() < endsAt
  const spend = (portion: Portion): Taken => {
    const allowed = portion.left > 0
    if (allowed) portion.left--
    const resetS = Math.max(1, Math.ceil((portion.endsAt - Date.now()) / 1_000))
    return { allowed, remaining: portion.left + portion.remaining, resetS }
  }
  const takeLater = async (who: string, portion: Portion): Promise<Taken> => {
    while (portion.left === 0 && !isSpent(portion)) await (portion.taking ??= refill(who, portion))
    return spend(portion)
  }
  return {
    take(who) {
      const portion = portionOf(who)
      if (Date.now() >= portion.endsAt) portion.left = 0
      return portion.left > 0 || isSpent(portion) ? spend(portion) : takeLater(who, portion)
    },
    spent(who) {
      const portion = portions.get(who)
      return portion && portion.left === 0 && isSpent(portion) ? spend(portion) : undefined
    },
  }
}

function createCounter(name: string, points: number, redis: Redis | undefined): RateLimiterAbstract {
  const options = { keyPrefix: `fanfare:limit:${name}`, points, duration: WINDOW_S }
  const alone = new RateLimiterMemory(options)
  return redis ? new RateLimiterRedis({ ...options, storeClient: redis, insuranceLimiter: alone }) : alone
}

async function consume(counter: RateLimiterAbstract, who: string, points: number) {
  try {
    const { remainingPoints, msBeforeNext } = await counter.consume(who, points)
    return { remainingPoints, msBeforeNext, allowed: true }
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused
    return { remainingPoints: 0, msBeforeNext: refused.msBeforeNext, allowed: false }
  }
}
