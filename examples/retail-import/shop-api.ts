import { setTimeout as delay } from 'node:timers/promises'
import { SetupError } from '../../dev/services/index.ts'

export interface PlacedOrder {
  id: string
  status: string
  ended?: { reason: string; detail: string }
}

/** A request that the API refuses, and would refuse again. */
export class RefusedByApi extends Error {
  override name = 'RefusedByApi'
  /** The problem's code, with its first fault when it names one. */
  readonly why: string
  constructor(why: string, detail: string) {
    super(detail)
    this.why = why
  }
}

export interface ShopApi {
  /** The same idempotency key gets the same order. @throws RefusedByApi */
  place(order: object, idempotencyKey: string): Promise<{ order: PlacedOrder; replayed: boolean }>
  read(id: string): Promise<PlacedOrder>
}

interface Problem {
  code?: string
  detail?: string
  errors?: { pointer?: string; detail: string }[]
}

interface Asking {
  method?: string
  body?: string
  headers?: Record<string, string>
}

const PATIENCE_MS = 60_000

/** The HTTP API as a patient client sees it: what is busy or away for a while is asked again for a minute. */
export function openShopApi(url: string, key: string): ShopApi {
  const ask = (path: string, { headers, ...init }: Asking = {}) =>
    askPatiently(new URL(path, url), {
      ...init,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    })
  return {
    async place(order, idempotencyKey) {
      const headers = { 'idempotency-key': idempotencyKey }
      const answer = await ask('/v1/orders', { method: 'POST', headers, body: JSON.stringify(order) })
      return {
        order: (await answer.json()) as PlacedOrder,
        replayed: answer.headers.get('idempotency-replayed') === 'true',
      }
    },
    read: async (id) => (await (await ask(`/v1/orders/${id}`)).json()) as PlacedOrder,
  }
}

async function askPatiently(url: URL, init: RequestInit): Promise<Response> {
  const end = Date.now() + PATIENCE_MS
  for (;;) {
    const answer = await fetch(url, init).catch((error: Error) => error)
    if (!(answer instanceof Error)) {
      if (answer.ok) return answer
      if (answer.status !== 429 && answer.status < 500) throw await refusal(answer)
    }
    if (Date.now() > end)
      throw new SetupError(`${url.origin} has not taken a request for a minute: ${await why(answer)}`)
    await delay(answer instanceof Error ? 500 : retryAfterMs(answer))
  }
}

async function refusal(answer: Response): Promise<Error> {
  const { code = `http-${answer.status}`, detail = answer.statusText, errors } = (await answer.json()) as Problem
  if (answer.status === 401 || answer.status === 403) return new SetupError(`The API key is not accepted: ${detail}`)
  const [fault] = errors ?? []
  return new RefusedByApi(fault?.pointer ? `${code}, ${fault.pointer} ${fault.detail}` : code, detail)
}

const retryAfterMs = (answer: Response) => Number(answer.headers.get('retry-after') || 0.5) * 1_000

const why = async (answer: Response | Error) =>
  answer instanceof Error
    ? ((answer.cause as Error | undefined) ?? answer).message
    : `${answer.status} ${await answer.text()}`

/** @throws SetupError when nothing is ready there */
export async function expectApi(url: string): Promise<void> {
  const answer = await fetch(new URL('/readyz', url)).catch(() => undefined)
  if (!answer?.ok)
    throw new SetupError(`No API is ready at ${url}: start it with npm start, or name another one with --api.`)
}
