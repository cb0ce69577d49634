import { Refusal } from '#http'
import { inTime } from '#platform/process/in-time'
import { createMicroBatch } from '#platform/micro-batch'

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
}

/** Most commits under way at the same time: the database works on one while the next one is gathered and sent. */
const MOST_COMMITS = 2

/**
 * Micro-batches of what is to be committed, for callers who wait: each is told within its deadline that it was done, that
 * nothing was written (`busy`), or that it is not known (`unavailable`).
 */
export function createGroupCommit<Item, Result>(options: GroupCommitOptions<Item, Result>): GroupCommit<Item, Result> {
  const { commit, isOutage, maxBatch = 64, maxWaiting = 2_000, deadlineMs = 1_500 } = options
  const commits = createMicroBatch({
    run: commit,
    isOutage,
    maxBatch,
    maxRuns: MOST_COMMITS,
    // A commit that hangs (a frozen server) must not hold back those that come after it once the database answers again.
    patienceMs: 2 * deadlineMs,
  })
  const submit = async (item: Item): Promise<Result> => {
    if (commits.waiting >= maxWaiting) throw busy()
    try {
      return await inTime(commits.submit(item), deadlineMs, () => (commits.withdraw(item) ? busy() : unavailable()))
    } catch (error) {
      throw isOutage(error) && !(error instanceof Refusal) ? unavailable(error) : error
    }
  }
  return { submit, flush: commits.flush }
}

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
