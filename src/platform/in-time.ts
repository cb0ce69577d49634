/** Nothing was heard in the time that was given. What was asked for may happen all the same. */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

/** The answer, if it comes in time. @throws NoAnswer; nobody hears then how it ends */
export function inTime<Answer>(asked: Promise<Answer>, ms: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new NoAnswer(`no answer within ${ms} ms`)), ms)
    void asked.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
