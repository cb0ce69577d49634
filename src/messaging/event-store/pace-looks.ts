/** Milliseconds between looks while wake-ups come through. */
const RARELY_MS = 2_000
/** The same for a while after one was lost. */
const OFTEN_MS = 500
/** Milliseconds until wake-ups are trusted again. */
const SUSPECT_MS = 60_000

/**
 * Says when a loop looks at the event store again: when it is woken, and every 2 s without that. A look that finds something
 * although nobody has woken it shows that wake-ups are lost, as when the connection that brings them has gone silent; then it looks
 * twice a second, for a minute.
 * @param pause waits so many milliseconds, or until it is woken, which it answers
 * @param pollMs milliseconds between looks, whatever comes. @default as said above
 */
export function paceLooks(pause: (ms: number) => Promise<boolean>, pollMs?: number) {
  let isUnasked = false
  let suspectUntil = 0
  return {
    /** To be told of each look. */
    looked({ isNews }: { isNews: boolean }): void {
      if (isNews && isUnasked) suspectUntil = performance.now() + SUSPECT_MS
      isUnasked = false
    },
    async pause(atMostMs = Infinity): Promise<void> {
      const ms = pollMs ?? (performance.now() < suspectUntil ? OFTEN_MS : RARELY_MS)
      const isWoken = await pause(Math.min(ms, atMostMs))
      isUnasked = !isWoken && ms <= atMostMs
    },
  }
}
