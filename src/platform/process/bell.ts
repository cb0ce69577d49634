import { atMost } from './in-time.ts'

export interface Bell {
  ring(): void
  /** Waits so many milliseconds at most; ends early when it is rung, also when that was just before it began. @returns whether */
  wait(ms: number): Promise<boolean>
}

/** For one loop that waits for news. */
export function createBell(): Bell {
  let isRung = false
  let end = () => {}
  return {
    ring() {
      isRung = true
      end()
    },
    async wait(ms) {
      if (!isRung) await atMost(ms, new Promise<void>((resolve) => (end = resolve)))
      const was = isRung
      isRung = false
      return was
    },
  }
}
