import { setTimeout as wait } from 'node:timers/promises'
import { advance, authorize, refusal, type Answer, type Effect, type Move, type Request } from './authorizations.ts'
import { cardOf } from './cards.ts'
import type { Journal } from './journal.ts'
import type { AnsweredRequests, Query } from './answered-requests.ts'

/** `late`: the answer is to be kept back, the effect is there already. */
export type Reply = Answer & { late?: boolean }

const MOVE = /^\/v1\/authorizations\/([\w-]+)\/(capture|void|refund)$/
const ONE = /^\/v1\/authorizations\/([\w-]+)$/
const FLAKY_FAILURES = 2

/** What a request asks for. */
interface Wanted {
  token?: string
  act: () => Effect
}

/** How often a flaky bank has failed, by idempotency key. */
export type Failures = Map<string, number>

/** A journal's line about one more failure: a restart must not make a bank flaky again. */
export interface FailureEntry {
  failed: string
}

export function noteFailure(failures: Failures, { failed: key }: FailureEntry): void {
  failures.set(key, (failures.get(key) ?? 0) + 1)
}

interface Bank {
  answered: AnsweredRequests
  journal: Journal
  failures: Failures
  /** How long a slow bank works, in milliseconds. */
  slowMs: number
}

/** The gateway without its HTTP: `read` looks, `write` moves money. */
export function createGateway({ answered, journal, failures, slowMs }: Bank) {
  /** Keys of requests that are being carried out. */
  const inUse = new Set<string>()

  async function write(pathname: string, key: string, raw: string): Promise<Reply> {
    const wanted = effectOf(pathname, raw)
    if ('status' in wanted) return wanted
    if (inUse.has(key)) return refusal(409, 'idempotency_key_in_use', 'A request with this key is being carried out.')
    inUse.add(key)
    try {
      return await carryOut(wanted, key, `${pathname} ${raw}`)
    } finally {
      inUse.delete(key)
    }
  }

  async function carryOut({ token, act }: Wanted, key: string, request: string): Promise<Reply> {
    const kind = token === undefined ? 'approves' : cardOf(token).kind
    const isNew = !answered.known(key)
    if (kind === 'slow' && isNew) await wait(slowMs)
    if (kind === 'flaky' && isNew && (failures.get(key) ?? 0) < FLAKY_FAILURES) {
      noteFailure(failures, { failed: key })
      await journal.append({ failed: key } satisfies FailureEntry)
      return refusal(500, 'internal_error', 'The bank did not answer properly.')
    }
    const late = kind === 'hangs' && isNew
    return { ...(await answered.once(journal, key, request, act)), late }
  }

  function effectOf(pathname: string, raw: string): Answer | Wanted {
    if (pathname === '/v1/authorizations') {
      const request = readRequest(raw)
      return request
        ? { token: request.token, act: () => authorize(request) }
        : refusal(400, 'invalid_request', 'Needed: amount (integer >= 0), currency (ISO 4217), token, reference.')
    }
    const [, id, move] = MOVE.exec(pathname) ?? []
    if (!id) return refusal(404, 'not_found', `Nothing at POST ${pathname}`)
    const part = move === 'refund' ? readPart(raw) : undefined
    if (part === null) return refusal(400, 'invalid_request', 'An amount is an integer of at least 1.')
    const act = () => {
      const authorization = answered.find(id)
      return authorization
        ? advance(authorization, move as Move, part)
        : { answer: refusal(404, 'not_found', `No authorization ${id}`) }
    }
    return { act }
  }

  function read({ pathname, searchParams }: URL): Answer {
    if (pathname === '/healthz') return { status: 200, body: { status: 'ok' } }
    if (pathname === '/v1/totals') return { status: 200, body: answered.totals }
    if (pathname === '/v1/authorizations') return { status: 200, body: answered.list(queryOf(searchParams)) }
    const found = answered.find(ONE.exec(pathname)?.[1] ?? '')
    return found ? { status: 200, body: found } : refusal(404, 'not_found', `Nothing at GET ${pathname}`)
  }

  return { read, write }
}

const MOST_LISTED = 1_000

function queryOf(parameters: URLSearchParams): Query {
  const given = (name: string) => parameters.get(name) ?? undefined
  return {
    reference: given('reference'),
    states: given('state')?.split(','),
    createdFrom: given('created_from'),
    startingAfter: given('starting_after'),
    limit: Math.min(MOST_LISTED, Number(given('limit')) || 100),
  }
}

/** The amount of a refund; undefined where none is given, and null where it is none. */
function readPart(raw: string): number | undefined | null {
  try {
    const { amount } = (JSON.parse(raw || '{}') ?? {}) as { amount?: unknown }
    if (amount === undefined) return undefined
    return Number.isSafeInteger(amount) && (amount as number) >= 1 ? (amount as number) : null
  } catch {
    return null
  }
}

function readRequest(raw: string): Request | undefined {
  let body: Partial<Request>
  try {
    body = JSON.parse(raw) as Partial<Request>
  } catch {
    return undefined
  }
  const { amount, currency, token, reference } = body ?? {}
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount < 0) return undefined
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) return undefined
  return typeof token === 'string' && typeof reference === 'string' ? { amount, currency, token, reference } : undefined
}
