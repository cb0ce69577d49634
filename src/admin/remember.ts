/**
 * Answers everybody who asks within `ms` with one reading: a page that ten operators watch costs as much as one.
 * @returns what reads, when the last answer is older
 */
export function remember<Answer>(ms: number, read: () => Promise<Answer>): () => Promise<Answer> {
  let until = 0
  let answer: Promise<Answer> | undefined
  return () => {
    if (answer && performance.now() < until) return answer
    until = performance.now() + ms
    answer = read()
    answer.catch(() => (answer = undefined))
    return answer
  }
}
