import { atMost } from './in-time.ts'

export interface Bell {
  ring(): void
  /** Waits so many milliseconds at most; ends early when it is rung, also when that was just before it began. */
  wait(ms: number): Promise<void>
}

/** For one loop that waits for news. */
export function createBell(): Bell {
  let ring = () => {}
  let rung = new Promise<void>((resolve) => (ring = resolve))
  return {
    ring: () => ring(),
    async wait(ms) {
      await atMost(ms, rung)
      rung = new Promise<void>((resolve) => (ring = resolve))
    },
  }
}
