import { refusal, type Answer } from './objects.ts'

/** The answer, and whether it was given before. */
export type Told = Answer & { isReplay?: boolean }

/**
 * Idempotency keys as Stripe's API of version 1 has them: what a request has come to once it was begun is repeated word for word, a refusal or
 * a 500 as well; another request under the key is refused; and the keys are forgotten some time after a day.
 */
export function rememberAnswers() {
  const answers = new Map<string, { request: string; answer: Answer }>()
  const inUse = new Set<string>()

  async function once(key: string | undefined, request: string, act: () => Promise<Answer>): Promise<Told> {
    if (key === undefined) return act()
    const earlier = answers.get(key)
    if (earlier) return earlier.request === request ? { ...earlier.answer, isReplay: true } : OTHER
    if (inUse.has(key)) return IN_USE
    inUse.add(key)
    try {
      const answer = structuredClone(await act())
      if (answer.status !== 429 && answer.status !== 404) answers.set(key, { request, answer })
      return answer
    } finally {
      inUse.delete(key)
    }
  }

  return { once, forget: () => answers.clear() }
}

const OTHER = refusal(400, {
  type: 'idempotency_error',
  message: 'Keys for idempotent requests can only be used with the same parameters they were first used with.',
})
const IN_USE = refusal(409, {
  type: 'invalid_request_error',
  code: 'idempotency_key_in_use',
  message: 'There is currently another in-progress request using this Idempotent Key.',
})
