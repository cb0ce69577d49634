/** Most that one transaction of a job takes on. */
export const AT_ONCE = 500

/** Repeats a step of at most `AT_ONCE` until there is nothing left: many short transactions, no long one. */
export async function untilDone(step: () => Promise<number>): Promise<number> {
  let done = 0
  for (let more = AT_ONCE; more === AT_ONCE; done += more) more = await step()
  return done
}
