import type { Delivery } from '../broker/broker.ts'

interface Gatherer {
  enough: number
  done: () => void
}

export type DeliveryBuffer = ReturnType<typeof createDeliveryBuffer>

/** Deliveries that have arrived and wait for their batch. The prefetch bounds its length. */
export function createDeliveryBuffer() {
  let waiting: Delivery[] = []
  let closed = false
  const wakers: (() => void)[] = []
  const gatherers = new Set<Gatherer>()

  const signal = () => {
    for (const wake of wakers.splice(0)) wake()
    for (const { enough, done } of gatherers) if (closed || waiting.length >= enough) done()
  }
  return {
    put(delivery: Delivery) {
      waiting.push(delivery)
      signal()
    },
    /** Waits for the first delivery. @returns false when the buffer is closed */
    async arrival(): Promise<boolean> {
      while (waiting.length === 0 && !closed) await new Promise<void>((resolve) => wakers.push(resolve))
      return !closed
    },
    /** Up to `max` deliveries that wait; none when the buffer is closed. */
    take(max: number): Delivery[] {
      return closed ? [] : waiting.splice(0, max)
    },
    /** Waits until `enough` deliveries wait, but no longer than `ms`. */
    async gather(enough: number, ms: number): Promise<void> {
      if (waiting.length >= enough || closed) return
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer)
          gatherers.delete(gatherer)
          resolve()
        }
        const timer = setTimeout(done, ms)
        const gatherer: Gatherer = { enough, done }
        gatherers.add(gatherer)
      })
    },
    /** Forgets what was not taken: its channel is gone, so it comes again. */
    clear() {
      waiting = []
    },
    close() {
      closed = true
      signal()
    },
  }
}
