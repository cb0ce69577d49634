import { randomUUID } from 'node:crypto'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import helmet from 'helmet'
import { pinoHttp } from 'pino-http'
import swaggerUi from 'swagger-ui-express'
import type { Logger } from '#platform/logger'
import type { Route } from '#platform/route'
import type { ApiKeys } from './api-keys.ts'
import { timeRequests } from './metrics.ts'
import { mountRoutes } from './mount-routes.ts'
import { openApiDocument } from './openapi.ts'
import { readMetrics } from './operations.ts'
import { Problem, toDocument, toProblem } from './problem.ts'

export interface ApiOptions {
  routes: readonly Route[]
  keys: ApiKeys
  log: Logger
}

/** The HTTP application: these routes with keys, checks, problem documents, metrics and their own documentation. */
export function createApi({ routes, keys, log }: ApiOptions): Express {
  const app = express()
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple')
  app.use(
    timeRequests,
    logRequests(log),
    helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }),
  )
  mountRoutes(app, routes, keys)
  serveDocumentation(app, openApiDocument(routes))
  app.get('/metrics', async (_request, response) => {
    const { contentType, text } = await readMetrics()
    response.set('Content-Type', contentType).send(text)
  })
  app.use(unknownRoute)
  app.use(answerProblem)
  return app
}

function serveDocumentation(app: Express, document: Record<string, unknown>): void {
  const json = JSON.stringify(document)
  app.get('/openapi.json', (_request, response) => response.type('json').send(json))
  app.get('/', (_request, response) => response.redirect('/docs'))
  app.use('/docs', swaggerUi.serve, swaggerUi.setup(null, { swaggerOptions: { url: '/openapi.json' } }))
}

const REQUEST_ID = /^[\w.:-]{1,100}$/

function logRequests(logger: Logger): RequestHandler {
  return pinoHttp({
    logger,
    genReqId(request, response) {
      const sent = request.headers['x-request-id']
      const id = typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID()
      response.setHeader('X-Request-Id', id)
      return id
    },
    customLogLevel: (_request, { statusCode }, error) => (error || statusCode >= 500 ? 'warn' : 'debug'),
    // Probes ask all the time, and 503 is an answer to them.
    autoLogging: { ignore: ({ url }) => url === '/healthz' || url === '/readyz' },
    // Headers hold the key, bodies hold the customer.
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({ id, method, url }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
  })
}

const unknownRoute: RequestHandler = ({ method, path }) => {
  throw new Problem(404, 'route-not-found', `There is nothing at ${method} ${path}; /docs lists what there is.`)
}

const answerProblem: ErrorRequestHandler = (thrown, request, response, _next) => {
  const problem = toProblem(thrown)
  if (problem.status === 500) request.log.error({ err: thrown }, 'a request failed')
  if (response.headersSent) return void response.destroy()
  const document = toDocument(problem, request.path, request.id as string)
  response.status(problem.status).set(problem.headers).type('application/problem+json').send(JSON.stringify(document))
}
