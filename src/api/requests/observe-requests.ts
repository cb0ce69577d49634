import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { Request, Response } from 'express'
import type { Logger } from '#platform/log/logger'
import { Histogram } from '#platform/metrics'
import { traceFields } from '#platform/tracing'

const requestSeconds = new Histogram({
  name: 'fanfare_http_request_seconds',
  help: 'Seconds from the arrival of a request to its answer.',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
})

/**
 * Gives every request an id, times it by the pattern of its route, and logs how it ended. Stands around Express: one layer within it
 * costs more than this does.
 */
export function observeRequests(log: Logger, next: RequestListener): RequestListener {
  return (request, response) => {
    const started = performance.now()
    response.setHeader('X-Request-Id', idFor(request))
    response.once('close', () => noteEnd(log, request as Request, response as Response, performance.now() - started))
    next(request, response)
  }
}

function noteEnd(log: Logger, request: Request, response: Response, ms: number): void {
  const route = String(response.locals['route'] ?? 'other')
  const labels = { method: request.method, route, status: String(response.statusCode) }
  if (response.writableFinished) noteAnswer(labels, ms / 1_000)
  if (!isProbe(request)) logEnd(log, request, response, ms)
}

/** @param route the pattern of the path, not the path: it has as many values as there are orders */
export function noteAnswer(labels: { method: string; route: string; status: string }, seconds: number): void {
  requestSeconds.observe(labels, seconds)
}

const REQUEST_ID = /^[\w.:-]{1,100}$/

/** The caller's own id, if it is harmless. */
export function idFor({ headers }: IncomingMessage): string {
  const sent = headers['x-request-id']
  return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID()
}

/** They come all the time, and 503 is an answer to them. */
const isProbe = ({ url }: Request) => url === '/healthz' || url === '/readyz'

function logEnd(log: Logger, request: Request, response: Response, ms: number): void {
  const level = response.statusCode >= 500 ? 'warn' : response.locals['isNoted'] ? 'info' : 'debug'
  if (!log.isLevelEnabled(level)) return
  const res = { statusCode: response.statusCode }
  const how = response.writableFinished ? 'request answered' : 'request aborted'
  const trace = traceFields((response.locals['traceparent'] ?? null) as string | null)
  log[level]({ req: describeRequest(request, response), res, responseTime: Math.round(ms), ...trace }, how)
}

/** Neither headers, which hold the key, nor body and query, which hold the customer. */
export const describeRequest = ({ method, originalUrl }: Request, response: Response) => ({
  id: requestIdOf(response),
  method,
  url: originalUrl.split('?', 1)[0],
  ...(response.locals['actor'] && { actor: String(response.locals['actor']) }),
})

export const requestIdOf = (response: Response): string => String(response.getHeader('X-Request-Id'))
