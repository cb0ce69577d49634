import type { Delivery } from '../broker/broker.ts'

/** Deliveries that have arrived and wait for their batch. The prefetch bounds its length. */
export function createInbox() {
  let waiting: Delivery[] = []
  let closed = false
  const wakers: (() => void)[] = []

  const signal = () => {
    for (const wake of wakers.splice(0)) wake()
  }
  return {
    put(delivery: Delivery) {
      waiting.push(delivery)
      signal()
    },
    /** Up to `max` deliveries, waiting for the first; empty when the inbox is closed. */
    async take(max: number): Promise<Delivery[]> {
      while (waiting.length === 0 && !closed) await new Promise<void>((resolve) => wakers.push(resolve))
      return closed ? [] : waiting.splice(0, max)
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
