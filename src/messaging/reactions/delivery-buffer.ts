import { atMost } from '#platform/process/in-time'

interface Gatherer {
  enough: number
  done: () => void
}

export type DeliveryBuffer<Item> = ReturnType<typeof createDeliveryBuffer<Item>>

/** Deliveries that have arrived and wait for their batch. The prefetch bounds its length. */
export function createDeliveryBuffer<Item>() {
  let waiting: Item[] = []
  let closed = false
  const wakers: (() => void)[] = []
  const gatherers = new Set<Gatherer>()

  const signal = () => {
    for (const wake of wakers.splice(0)) wake()
    for (const { enough, done } of gatherers) if (closed || waiting.length >= enough) done()
  }
  return {
    put(...items: Item[]) {
      waiting.push(...items)
      signal()
    },
    /** Waits for the first delivery. @returns false when the buffer is closed */
    async arrival(): Promise<boolean> {
      while (waiting.length === 0 && !closed) await new Promise<void>((resolve) => wakers.push(resolve))
      return !closed
    },
    /** Up to `max` deliveries that wait; none when the buffer is closed. */
    take(max: number): Item[] {
      return closed ? [] : waiting.splice(0, max)
    },
    /** Waits until `enough` deliveries wait, but no longer than `ms`. */
    async gather(enough: number, ms: number): Promise<void> {
      if (waiting.length >= enough || closed) return
      let gatherer: Gatherer | undefined
      const gathered = new Promise<void>((done) => gatherers.add((gatherer = { enough, done })))
      await atMost(ms, gathered)
      gatherers.delete(gatherer!)
    },
    /** Keeps, of what was not taken, only what `isStillOurs`: what came over a broken channel comes again. */
    keepOnly(isStillOurs: (item: Item) => boolean) {
      waiting = waiting.filter(isStillOurs)
    },
    close() {
      closed = true
      signal()
    },
  }
}
