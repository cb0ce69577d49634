/** Nothing was heard in the time that was given. What was asked for may happen all the same. */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

/**
 * The answer, if it comes within `ms` milliseconds.
 * @param late what the caller is told otherwise. @default NoAnswer
 * @throws what was asked, or what `late` makes; nobody hears then how it ends
 */
export function inTime<Answer>(
  asked: Promise<Answer>,
  ms: number,
  late = (): Error => new NoAnswer(`no answer within ${ms} ms`),
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms)
    void asked.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Waits until it has ended, well or not, but no longer than `ms` milliseconds. */
export async function atMost(ms: number, awaited: Promise<unknown>): Promise<void> {
  await inTime(awaited, ms).catch(() => {})
}
