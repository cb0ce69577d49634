import type { RequestListener } from 'node:http'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import type { Logger } from '#platform/log/logger'
import { Problem, type Route, toDocument, toProblem } from '#http'
import { answer } from './answer.ts'
import { serveConsole } from './console/serve-console.ts'
import { serveDocumentation } from './openapi/documentation.ts'
import { mountRoutes, type Host } from './mount-routes.ts'
import { describeRequest, observeRequests, requestIdOf } from './requests/observe-requests.ts'
import { openApiDocument } from './openapi/openapi.ts'
import { turnAway } from './requests/turn-away.ts'

export interface ApiOptions extends Host {
  routes: readonly Route[]
  log: Logger
  /** Of the built console. @default there is none */
  consoleFolder?: string
}

/** The HTTP application: these routes with keys, checks, problem documents, metrics and their own documentation. */
export function createApi({ routes, log, consoleFolder, ...host }: ApiOptions): RequestListener {
  const app = express()
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple')
  // A path has one spelling: a rule of a proxy for /docs cannot be slipped past by another one.
  app.enable('case sensitive routing').enable('strict routing')
  mountRoutes(app, routes, host)
  serveDocumentation(app, openApiDocument(routes.filter(({ undocumented }) => !undocumented)))
  if (consoleFolder !== undefined) serveConsole(app, consoleFolder)
  app.use(unknownRoute)
  app.use(answerProblem(log))
  return turnAway(host, observeRequests(log, app))
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
