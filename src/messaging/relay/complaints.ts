import type { Logger } from '#platform/logger'

/** Milliseconds after which the same complaint is worth another line. */
const AGAIN_MS = 30_000

export interface Complaints {
  /** @param error whose message is the reason; the numbers in it make no new reason */
  warn(sentence: string, error: unknown): void
}

/** Warnings of something that is tried again and again: a line for each new reason, and one now and then while it stays. */
export function createComplaints(log: Logger): Complaints {
  const said = new Map<string, { at: number; times: number }>()
  return {
    warn(sentence, error) {
      const reason = (error as Error).message
      const line = `${sentence} ${reason.replace(/\d+/g, '#')}`
      const before = said.get(line) ?? { at: -Infinity, times: 0 }
      const times = before.times + 1
      if (performance.now() - before.at < AGAIN_MS) return void said.set(line, { ...before, times })
      said.set(line, { at: performance.now(), times: 0 })
      log.warn({ reason, ...(times > 1 && { times }) }, sentence)
    },
  }
}
