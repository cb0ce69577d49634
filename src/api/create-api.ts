import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import helmet from 'helmet'
import swaggerUi from 'swagger-ui-express'
import type { Logger } from '#platform/logger'
import { Problem, type Route, toDocument, toProblem } from '#http'
import { answer } from './answer.ts'
import type { ApiKeys } from './api-keys.ts'
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
  app.use(observeRequests(log))
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

function serveDocumentation(app: Express, document: Record<string, unknown>): void {
  const text = JSON.stringify(document)
  const forBrowsers = helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } })
  app.get('/openapi.json', (_request, response) => answer(response, 200, { text }))
  app.get('/', forBrowsers, (_request, response) => response.redirect('/docs'))
  app.use('/docs', forBrowsers, swaggerUi.serve, swaggerUi.setup(null, { swaggerOptions: { url: '/openapi.json' } }))
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
