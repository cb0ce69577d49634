/** What the API refuses, in its own words (RFC 9457). */
export class ApiProblem extends Error {
  override name = 'ApiProblem'
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.status = status
    this.code = code
  }
}

interface Question {
  method?: 'GET' | 'POST' | 'DELETE'
  body?: unknown
  signal?: AbortSignal | undefined
}

/** Asks the API with the session's cookie. The header says that this page asks, and no other. @throws ApiProblem */
export async function ask<Answer>(path: string, { method = 'GET', body, signal }: Question = {}): Promise<Answer> {
  const answer = await fetch(path, {
    method,
    headers: { 'x-fanfare-console': '1', ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  }).catch((cause: unknown) => {
    throw new ApiProblem(0, 'unreachable', 'The API does not answer. Does it run?', { cause })
  })
  if (answer.status === 204) return undefined as Answer
  const content = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string }
  if (answer.ok) return content as Answer
  throw new ApiProblem(answer.status, content.code ?? 'unknown', content.detail ?? `The API answered ${answer.status}.`)
}

/** @throws ApiProblem */
export const post = <Answer>(path: string, body?: unknown, signal?: AbortSignal) =>
  ask<Answer>(path, { method: 'POST', body, signal })

export const admin = (path: string) => `/v1/admin/${path}`
export const ofReaction = (reaction: string) => admin(`reactions/${encodeURIComponent(reaction)}`)
export const ofLetters = (reaction: string) => admin(`dead-letters/${encodeURIComponent(reaction)}`)

/** What a caller cannot change is asked once. */
export const isWorthRepeating = (failures: number, error: Error) =>
  failures < 2 && !(error instanceof ApiProblem && error.status >= 400 && error.status < 500)
