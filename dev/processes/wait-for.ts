import { setTimeout as sleep } from 'node:timers/promises'

/** Asks every 50 ms until the answer is yes (true) or the seconds are over (false). A question that throws is a no. */
export async function waitFor(question: () => boolean | Promise<boolean>, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000
  while (true) {
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
