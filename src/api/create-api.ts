import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import type { Logger } from '#platform/logger'
import { Problem, type Route, toDocument, toProblem } from '#http'
import { answer } from './answer.ts'
import type { ApiKeys } from './api-keys.ts'
import { serveDocumentation } from './documentation.ts'
import { mountRoutes } from './mount-routes.ts'
import { describeRequest, observeRequests, requestIdOf } from './observe-requests.ts'
import { openApiDocument } from './openapi.ts'
import { readMetrics } from '#platform/metrics'

export interface ApiOptions {
  routes: readonly Route[]
  keys: ApiKeys
  log: Logger
}

/** The HTTP application: these routes with keys, checks, problem documents, metrics and their own documentation. */
export function createApi({ routes, keys, log }: ApiOptions): Express {
  const app = express()
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple')
  // A path has one spelling: a rule of a proxy for /metrics or /docs cannot be slipped past by another one.
  app.enable('case sensitive routing').enable('strict routing')
  app.use(observeRequests(log), expectHost)
  mountRoutes(app, routes, keys)
  serveDocumentation(app, openApiDocument(routes))
  app.get('/metrics', async (_request, response) => {
    const { contentType, text } = await readMetrics()
    answer(response, 200, { type: contentType, text })
  })
  app.use(unknownRoute)
  app.use(answerProblem(log))
  return app
}

/** Node's own refusal is switched off, because it is no problem document. */
const expectHost: RequestHandler = ({ headers, httpVersion }, _response, next) => {
  if (headers.host === undefined && httpVersion === '1.1')
    throw new Problem(400, 'missing-host', 'An HTTP/1.1 request needs the header Host.')
  next()
}

const unknownRoute: RequestHandler = ({ method, path }) => {
  throw new Problem(404, 'route-not-found', `There is nothing at ${method} ${path}; /docs lists what there is.`)
}

const answerProblem =
  (log: Logger): ErrorRequestHandler =>
  (thrown, request, response, _next) => {
    const problem = toProblem(thrown)
    if (problem.status === 500) log.error({ req: describeRequest(request, response), err: thrown }, 'a request failed')
    if (response.headersSent) return void response.destroy()
    const text = JSON.stringify(toDocument(problem, request.path, requestIdOf(response)))
    answer(response, problem.status, { type: 'application/problem+json', text }, problem.headers)
  }
