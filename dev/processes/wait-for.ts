import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks every 50 ms until the answer is yes (true) or the seconds are over (false). A question that throws is a no.
 * @throws the signal's reason as soon as it is aborted
 */
export async function waitFor(
  question: () => boolean | Promise<boolean>,
  seconds: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000
  while (true) {
    signal?.throwIfAborted()
    if (
      await Promise.resolve()
        .then(question)
        .catch(() => false)
    )
      return true
    if (Date.now() >= deadline) return false
    await sleep(50)
  }
}
