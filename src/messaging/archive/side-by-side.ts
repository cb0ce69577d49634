/** What goes on until it is done, or until the signal tells that something beside it has failed: then it soon throws. */
export type Work<Result> = (signal: AbortSignal) => Promise<Result>

/**
 * Runs two works at the same time, since PostgreSQL does each on a processor of its own. When one fails the other is told, and waited
 * for: nothing goes on writing when this has thrown.
 * @throws what failed first
 */
export async function sideBySide<One, Other>(one: Work<One>, other: Work<Other>): Promise<[One, Other]> {
  const over = new AbortController()
  const watched = <Result>(work: Work<Result>) =>
    work(over.signal).catch((error: unknown) => {
      over.abort(error)
      throw error
    })
  const works = [watched(one), watched(other)] as const
  await Promise.allSettled(works)
  over.signal.throwIfAborted()
  return Promise.all(works)
}
