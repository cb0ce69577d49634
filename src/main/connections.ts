/** What a process uses beside the batches of its reactions: renewing, settling and looking for what is due. */
const BESIDE = 2

/**
 * Says in one sentence that the batches which reactions may have under way at once are more than the connections of their
 * process; undefined when they are not.
 */
export function connectionsMissing(reactions: readonly { concurrency: number }[], pool: number): string | undefined {
  const needed = reactions.reduce((sum, { concurrency }) => sum + concurrency, BESIDE)
  if (pool >= needed) return undefined
  return (
    `These ${reactions.length} reactions and projections can use ${needed} connections at once and have ${pool}, so they may wait for each ` +
    `other: set DATABASE_POOL=${needed}, or run fewer of them in this process.`
  )
}
