import { DependencyUnavailable, Unrecoverable } from '#messaging'
import { inSpan, SpanKind } from '#platform/tracing'
import { reasonIn } from './reason.ts'
import type { TextProvider } from './port.ts'

interface Account {
  /** Each text is a POST there: `{"to", "from", "text"}` with an `Idempotency-Key`. */
  url: string
  /** Sent as a bearer token. */
  token?: string | undefined
  /** Who the text is from: a number, or a name of at most 11 characters where the country allows it. */
  sender: string
}

/** A provider that is asked over HTTP. What its answers mean stands at `decided`. It is not followed to another address. */
export function createHttpProvider({ url, token, sender }: Account): TextProvider {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  return {
    async send({ to, text }, { idempotencyKey, signal }) {
      const body = JSON.stringify({ to, from: sender, text })
      const asked = { method: 'POST', headers: { ...headers, 'idempotency-key': idempotencyKey }, body, signal }
      const { status, body: told } = await inSpan('send text', { kind: SpanKind.CLIENT }, () => ask(url, asked))
      if (status < 200 || status >= 300) throw decided(status, reasonIn(status, told))
    },
  }
}

async function ask(url: string, asked: RequestInit & { signal: AbortSignal }) {
  try {
    const answer = await fetch(url, { ...asked, redirect: 'manual' })
    return { status: answer.status, body: await answer.text() }
  } catch (cause) {
    if (asked.signal.aborted) throw new Error('The SMS provider did not answer in time', { cause })
    const { code = (cause as Error).message } = ((cause as Error).cause ?? {}) as { code?: string }
    throw new DependencyUnavailable(`The SMS provider cannot be reached: ${code}`, { cause })
  }
}

/** What is not a text's fault: our token, our credit, too many at once, an outage. */
const AWAY = new Set([401, 402, 429, 502, 503, 504])
/** Refused now, and not for good. */
const FOR_NOW = new Set([408, 409, 425])

/**
 * The error by the decision it allows.
 *
 * | the provider                                                          | what follows                           |
 * | --------------------------------------------------------------------- | -------------------------------------- |
 * | cannot be reached; 401, 402, 429, 502, 503, 504                       | DependencyUnavailable                  |
 * | 408, 409, 425, 500, 3xx and what else is no refusal; no answer in time | Error: this text is tried again        |
 * | any other 4xx                                                         | Unrecoverable: it never takes this text |
 */
function decided(status: number, reason: string): Error {
  if (AWAY.has(status)) return new DependencyUnavailable(`The SMS provider is not available: ${reason}`)
  const isRefused = status >= 400 && status < 500 && !FOR_NOW.has(status)
  return new (isRefused ? Unrecoverable : Error)(`The SMS provider answered ${reason}`)
}
