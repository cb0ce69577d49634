/**
 * Runs work, `limit` at a time; the rest waits, first come first served.
 * The signal ends the waiting only: work that has begun is never interrupted.
 * @throws the signal's reason, when it is aborted before the work has begun
 */
export function limited(limit: number) {
  const waiting: (() => void)[] = []
  let running = 0

  const turn = (signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const leave = () => {
        waiting.splice(waiting.indexOf(begin), 1)
        reject(signal!.reason as Error)
      }
      const begin = () => {
        signal?.removeEventListener('abort', leave)
        running++
        resolve()
      }
      if (running < limit) return begin()
      waiting.push(begin)
      signal?.addEventListener('abort', leave, { once: true })
    })

  return async <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    await turn(signal)
    try {
      return await work()
    } finally {
      running--
      waiting.shift()?.()
    }
  }
}
