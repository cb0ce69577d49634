import { Refusal } from '#http'

export interface GroupCommitOptions<Item, Result> {
  /**
   * Commits the items together in one transaction, or none of them: resolves with one result per item, in order.
   * An item that is refused alone is an `Error` in its place, not a throw.
   */
  commit: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>
  /** True for an error that is nobody's item's fault, such as an unreachable database: items are not tried alone then. */
  isOutage: (error: unknown) => boolean
  /** Most items written together. @default 64 */
  maxBatch?: number
  /** Most items that wait; more are refused as busy. @default 2000 */
  maxWaiting?: number
  /** Milliseconds an item may take in all, waiting included, before its caller is told that it failed. @default 1500 */
  deadlineMs?: number
}

export interface GroupCommit<Item, Result> {
  /** Resolves after the commit. @throws Refusal `busy` or `unavailable`, or whatever the item failed with */
  submit(item: Item): Promise<Result>
  /** Resolves when everything submitted so far has its answer. */
  flush(): Promise<void>
  readonly waiting: number
}

interface Waiting<Item, Result> {
  item: Item
  committing: boolean
  answer: (outcome: Result | Error) => void
}

/** Most commits under way at the same time: the database works on one while the next one is gathered and sent. */
const MOST_COMMITS = 2

/**
 * Items that arrive while a commit is under way are written together in the next one, which begins when as many wait as
 * are under way, or none is. A commit that fails is repeated item by item, so that a bad one costs only itself.
 */
export function createGroupCommit<Item, Result>(options: GroupCommitOptions<Item, Result>): GroupCommit<Item, Result> {
  const { maxBatch = 64, maxWaiting = 2_000, deadlineMs = 1_500 } = options
  const queue: Waiting<Item, Result>[] = []
  const commits = new Set<Promise<void>>()
  let underWay = 0

  const begin = () => {
    while (queue.length > 0 && queue.length >= underWay && commits.size < MOST_COMMITS) {
      const batch = queue.splice(0, maxBatch)
      for (const entry of batch) entry.committing = true
      underWay += batch.length
      const commit = settle(batch, options, deadlineMs).finally(() => {
        commits.delete(commit)
        underWay -= batch.length
        begin()
      })
      commits.add(commit)
    }
  }

  const submit = (item: Item): Promise<Result> => {
    if (queue.length >= maxWaiting) return Promise.reject(busy())
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const index = queue.indexOf(entry)
        if (index >= 0) queue.splice(index, 1)
        reject(entry.committing ? unavailable() : busy())
      }, deadlineMs)
      const entry: Waiting<Item, Result> = {
        item,
        committing: false,
        answer(outcome) {
          clearTimeout(timer)
          if (outcome instanceof Error) reject(outcome)
          else resolve(outcome)
        },
      }
      queue.push(entry)
      queueMicrotask(begin) // what is submitted in one go is written together
    })
  }

  return {
    submit,
    async flush() {
      begin()
      while (commits.size > 0) await Promise.race(commits)
    },
    get waiting() {
      return queue.length
    },
  }
}

type Options<Item, Result> = GroupCommitOptions<Item, Result>

async function settle<Item, Result>(
  batch: readonly Waiting<Item, Result>[],
  options: Options<Item, Result>,
  deadlineMs: number,
): Promise<void> {
  try {
    const items = batch.map(({ item }) => item)
    const outcomes = await withinTwice(deadlineMs, options.commit(items))
    batch.forEach(({ answer }, index) => answer(outcomes[index]!))
  } catch (error) {
    if (error instanceof Refusal || options.isOutage(error))
      for (const { answer } of batch) answer(error instanceof Refusal ? error : unavailable(error))
    else if (batch.length === 1) batch[0]!.answer(asError(error))
    else for (const entry of batch) await settle([entry], options, deadlineMs)
  }
}

/** A commit that hangs (a frozen server) must not hold back those that come after it once the database answers again. */
function withinTwice<T>(deadlineMs: number, work: Promise<T>): Promise<T> {
  work.catch(() => {}) // if it fails later, its callers have been answered
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(unavailable()), 2 * deadlineMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

const busy = () =>
  new Refusal(
    'busy',
    'too-busy',
    'This server has more to write than it can. Nothing was stored; send the request again.',
    {
      retryAfterS: 1,
    },
  )

const unavailable = (cause?: unknown) =>
  new Refusal(
    'unavailable',
    'database-unavailable',
    'The database does not answer. Send the request again with the same Idempotency-Key; without one, look for the order first.',
    { retryAfterS: 2, cause },
  )
