import { atMost } from './process/in-time.ts'

export interface MicroBatchOptions<Item, Result> {
  /** Does the work for all items, or for none: resolves with one result per item, in order. An `Error` in its place is the item's own. */
  run: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>
  /** True for an error that is no item's fault, such as an unreachable database: items are not tried alone then. */
  isOutage: (error: unknown) => boolean
  /** Most items of one run. @default no limit */
  maxBatch?: number
  /** Most runs at a time: the database works on one while the next one is gathered and sent. @default 1 */
  maxRuns?: number
  /** Milliseconds after which a run no longer holds back the next one: it may hang. @default no limit */
  patienceMs?: number
  /** Puts off the first run, so that what is submitted in one go is together in it. @default queueMicrotask */
  soon?: (begin: () => void) => unknown
}

export interface MicroBatch<Item, Result> {
  /** Resolves after the run. @throws what the item failed with */
  submit(item: Item): Promise<Result>
  /**
   * Takes back an item, which is never answered then. @returns false when its run has begun: that may still do its work, but it
   * is not tried alone when that fails
   */
  withdraw(item: Item): boolean
  /** Resolves when everything submitted so far has its answer. */
  flush(): Promise<void>
  readonly waiting: number
}

interface Entry<Item, Result> {
  item: Item
  resolve: (result: Result) => void
  reject: (error: unknown) => void
  /** Nobody waits for it any more. */
  isGivenUp?: boolean
}

/**
 * Micro-batching (group commit, as databases do with their logs): items that arrive while a run is under way share the next
 * one, which begins when as many wait as are under way, or none is. An idle batcher delays nothing. A run that fails is
 * repeated item by item, so that a bad one costs only itself.
 */
export function createMicroBatch<Item, Result>(options: MicroBatchOptions<Item, Result>): MicroBatch<Item, Result> {
  const { maxBatch = Infinity, maxRuns = 1, patienceMs, soon = queueMicrotask } = options
  const queue: Entry<Item, Result>[] = []
  const begun = new Set<Entry<Item, Result>>()
  const runs = new Set<Promise<void>>()
  let underWay = 0

  const begin = () => {
    while (queue.length > 0 && queue.length >= underWay && runs.size < maxRuns) {
      const batch = queue.splice(0, maxBatch)
      underWay += batch.length
      for (const entry of batch) begun.add(entry)
      const answered = answer(batch, options).finally(() => batch.forEach((entry) => begun.delete(entry)))
      const run = (patienceMs === undefined ? answered : atMost(patienceMs, answered)).finally(() => {
        runs.delete(run)
        underWay -= batch.length
        begin()
      })
      runs.add(run)
    }
  }

  return {
    submit: (item) =>
      new Promise((resolve, reject) => {
        queue.push({ item, resolve, reject })
        soon(begin)
      }),
    withdraw(item) {
      const index = queue.findIndex((entry) => entry.item === item)
      if (index >= 0) queue.splice(index, 1)
      else for (const entry of begun) if (entry.item === item) entry.isGivenUp = true
      return index >= 0
    },
    async flush() {
      begin()
      while (runs.size > 0) await Promise.race(runs)
    },
    get waiting() {
      return queue.length
    },
  }
}

async function answer<Item, Result>(
  batch: readonly Entry<Item, Result>[],
  options: MicroBatchOptions<Item, Result>,
): Promise<void> {
  try {
    const outcomes = await options.run(batch.map(({ item }) => item))
    batch.forEach(({ resolve, reject }, index) => {
      const outcome = outcomes[index]!
      if (outcome instanceof Error) reject(outcome)
      else resolve(outcome)
    })
  } catch (error) {
    if (batch.length === 1 || options.isOutage(error)) for (const { reject } of batch) reject(error)
    else for (const entry of batch) if (!entry.isGivenUp) await answer([entry], options)
  }
}
