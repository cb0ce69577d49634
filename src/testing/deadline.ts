import { setTimeout as wait } from 'node:timers/promises'

/**
 * Waits until `condition` answers something truthy, and returns that.
 * @throws when `within` milliseconds (default 30000, for a busy machine) have passed, naming `what` and the last answer
 */
export async function deadline<T>(
  what: string,
  condition: () => Promise<T> | T,
  { within = 30_000, every = 20 } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const end = performance.now() + within
  for (;;) {
    const answer = await condition()
    if (answer) return answer as Exclude<T, false | null | undefined>
    if (performance.now() > end)
      throw new Error(`${what}: not so after ${within} ms (last answer: ${JSON.stringify(answer)})`)
    await wait(every)
  }
}
