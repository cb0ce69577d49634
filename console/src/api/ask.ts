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
  /** The same as before where this is the same request, sent again. */
  idempotencyKey?: string
}

/** The API tells programs how to send a key. What is typed here stays, and another tab has the same session. */
const SESSION_ENDED = 'Your session has ended. Sign in again in another tab, and repeat this here.'

/** Asks the API with the session's cookie. The header says that this page asks, and no other. @throws ApiProblem */
export async function ask<Answer>(
  path: string,
  { method = 'GET', body, signal, idempotencyKey }: Question = {},
): Promise<Answer> {
  const answer = await fetch(path, {
    method,
    headers: {
      'x-fanfare-console': '1',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  }).catch((cause: unknown) => {
    throw new ApiProblem(0, 'unreachable', 'The API does not answer. Does it run?', { cause })
  })
  if (answer.status === 204) return undefined as Answer
  const content = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string }
  if (answer.ok) return content as Answer
  if (answer.status === 401 && path !== admin('session')) throw new ApiProblem(401, 'session-ended', SESSION_ENDED)
  throw new ApiProblem(answer.status, content.code ?? 'unknown', content.detail ?? `The API answered ${answer.status}.`)
}

/** Asks for what changes nothing. @throws ApiProblem */
export const post = <Answer>(path: string, body?: unknown, signal?: AbortSignal) =>
  ask<Answer>(path, { method: 'POST', body, signal })

/** Changes something. @throws ApiProblem */
export type Post = <Answer>(path: string, body?: unknown) => Promise<Answer>

/**
 * For what one dialog sends: the same change under the same key, so that it is carried out once, though the answer was lost and it is
 * sent again.
 */
export function createPost(): Post {
  const keys = new Map<string, string>()
  return (path, body) => {
    const content = JSON.stringify([path, body])
    const idempotencyKey = keys.get(content) ?? randomKey()
    keys.set(content, idempotencyKey)
    return ask(path, { method: 'POST', body, idempotencyKey })
  }
}

/** crypto.randomUUID is missing where a page came by plain HTTP. */
const randomKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-')

export const admin = (path: string) => `/v1/admin/${path}`
export const ofReaction = (reaction: string) => admin(`reactions/${encodeURIComponent(reaction)}`)
export const ofLetters = (reaction: string) => admin(`dead-letters/${encodeURIComponent(reaction)}`)

/** What a caller cannot change is asked once. */
export const isWorthRepeating = (failures: number, error: Error) =>
  failures < 2 && !(error instanceof ApiProblem && error.status >= 400 && error.status < 500)
