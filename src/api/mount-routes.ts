import type { Express, Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import {
  bodyTooLarge,
  BULK,
  invalid,
  Problem,
  readIdempotencyKey,
  type Reply,
  type Route,
  type RouteRequest,
} from '#http'
import { inTime } from '#platform/process/in-time'
import { activeTraceparent, inSpan, isTraceparent, SpanKind } from '#platform/tracing'
import { answer } from './answer.ts'
import { admit, mayStay, type Door } from './requests/authenticate.ts'
import { readBytes, readJson } from './requests/read-body.ts'
import type { Once } from './requests/repeated-requests.ts'
import { sendLines } from './send-lines.ts'
import { leaveLive, sendLive } from './send-live.ts'

/** Milliseconds after which a request is given up; operations may have shorter limits of their own. */
const DEADLINE_MS = 5_000

export interface Host extends Door {
  once: Once
}

/** What changes something can be asked for again under a key; what sees to that itself is left alone. */
const takesKey = ({ method, idempotency }: Route) => method !== 'get' && idempotency !== 'itself'

/** Changes of clients and keys: rare, and whoever looks into an incident asks for them. */
const isOfOperators = ({ method, public: isPublic = false, scope = 'admin' }: Route) =>
  method !== 'get' && !isPublic && scope === 'admin'

/** Puts the operations into the application; a known path with another method is answered 405 with `Allow`. */
export function mountRoutes(app: Express, routes: readonly Route[], host: Host): void {
  const allowed = new Map<string, string[]>()
  for (const route of routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    app[route.method](path, handlerOf(route, host))
    allowed.set(path, [
      ...(allowed.get(path) ?? []),
      ...(route.method === 'get' ? ['GET', 'HEAD'] : [route.method.toUpperCase()]),
    ])
  }
  for (const [path, methods] of allowed) app.all(path, refuseMethod(methods.join(', ')))
}

const refuseMethod =
  (allow: string): RequestHandler =>
  (request, response) => {
    if (request.method === 'OPTIONS') return void response.set('Allow', allow).status(204).end()
    throw new Problem(405, 'method-not-allowed', `${request.method} is not possible here; this takes ${allow}.`, {
      headers: { Allow: allow },
    })
  }

/** Everything between a request and its answer, in one handler: each one more would cost its turn in Express. */
function handlerOf(route: Route, host: Host): RequestHandler {
  const name = `${route.method.toUpperCase()} ${route.path}`
  const attributes = { 'http.request.method': route.method.toUpperCase(), 'http.route': route.path }
  const handle = answerTo(route, host)
  if (route.public) return handle // probes, and pages that are only read
  return (request, response) =>
    inSpan(name, { kind: SpanKind.SERVER, attributes, parent: traceparentOf(request), root: true }, () =>
      handle(request, response),
    )
}

function answerTo(route: Route, host: Host) {
  return async (request: Request, response: Response) => {
    response.locals['traceparent'] = activeTraceparent() ?? traceparentOf(request) // for the log
    response.locals['route'] = route.path // for the metrics: the path itself has as many values as there are orders
    const caller = await admit(host, route, request, response)
    response.locals['actor'] = caller.actor // for the log
    response.locals['isNoted'] = isOfOperators(route)
    const body = route.body ? await readJson(request, response) : undefined
    if (route.lines) expectLines(request)
    const bytes = route.takesBytes ? await readBytes(request, response) : undefined
    const checked = {
      params: check('path', route.params, request.params),
      query: check('query', route.query, request.query),
      body: check('body', route.body, body),
      caller,
      traceparent: response.locals['traceparent'] as string | null,
      header: (name: string) => request.headers[name] as string | undefined,
      get chunks(): AsyncIterable<Uint8Array> {
        return request.iterator({ destroyOnReturn: false }) // a body that is given up does not take the answer with it
      },
      bytes,
    } satisfies RouteRequest<unknown, unknown, unknown>
    const handle = (isRepeated = false) =>
      route.handle(Object.assign(checked, { isRepeated }) as RouteRequest<never, never, never>)
    const key = takesKey(route) ? readIdempotencyKey(checked.header('idempotency-key')) : undefined
    const content = [route.method, request.path, checked.body]
    const { clientId } = caller
    const reply = key ? host.once({ clientId, key, content }, route, handle) : Promise.resolve(handle())
    const { live, lines, ...whole } = await answered(reply)
    if (live) await sendLive(response, live, { may: () => mayStay(host, route, request) })
    else if (lines) await sendLines(response, lines)
    else send(response, whole)
  }
}

/** The reply, if it comes in time. A stream that comes later is left at once: nobody would ever end it. */
function answered(reply: Promise<Reply>): Promise<Reply> {
  return inTime(reply, DEADLINE_MS, tooSlow).catch((error: unknown) => {
    void reply.then(leaveLive).catch(() => {})
    throw error
  })
}

/** Of the body of many lines only what stands in its headers: it is read as it is carried out. */
function expectLines(request: Request): void {
  const { 'content-type': type = 'none', 'content-encoding': encoding = 'identity' } = request.headers
  if (!request.is('application/x-ndjson') || encoding.toLowerCase() !== 'identity') {
    const detail = `Send the body plain, as Content-Type: application/x-ndjson (got ${type}, ${encoding}).`
    throw new Problem(415, 'unsupported-media-type', detail, { headers: { Accept: 'application/x-ndjson' } })
  }
  if (Number(request.headers['content-length'] ?? 0) > BULK.bytes) throw bodyTooLarge()
}

function check(where: 'path' | 'query' | 'body', schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return undefined
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw invalid(where, parsed.error)
  return parsed.data
}

function traceparentOf({ headers }: Request): string | null {
  const sent = headers['traceparent']
  return typeof sent === 'string' && isTraceparent(sent) ? sent : null
}

function send(response: Response, { status, headers, body, text }: Reply): void {
  if (text) answer(response, status, text, headers)
  else if (body === undefined)
    response
      .status(status)
      .set(headers ?? {})
      .end()
  else answer(response, status, { text: JSON.stringify(body) }, headers)
}

const tooSlow = () =>
  new Problem(503, 'too-slow', 'This took too long and was given up. Look at the state before you try again.', {
    headers: { 'Retry-After': '2' },
  })
