import type { RequestHandler } from 'express'
import { Histogram } from '#platform/metrics'

const requestSeconds = new Histogram({
  name: 'fanfare_http_request_seconds',
  help: 'Seconds from the arrival of a request to its answer.',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
})

/** Times every request by the pattern of its route. */
export const timeRequests: RequestHandler = (request, response, next) => {
  const started = performance.now()
  response.once('finish', () => {
    const route = String(response.locals['route'] ?? 'other')
    const labels = { method: request.method, route, status: String(response.statusCode) }
    requestSeconds.observe(labels, (performance.now() - started) / 1_000)
  })
  next()
}
