import { createServer } from 'node:http'
import { StartupError } from '#platform/config'
import { readMetrics } from '#platform/metrics'
import type { ProcessContext } from '#platform/process/shutdown'

/**
 * GET /metrics, /healthz and /readyz, at a port of their own. Port 0 leaves them out.
 * @param waitsFor what the process cannot begin without, told by /readyz with 503; nothing when it is at work
 */
export async function serveMetrics(
  { config, log, onStop }: ProcessContext,
  waitsFor: () => string | undefined = () => undefined,
): Promise<void> {
  const port = config.METRICS_PORT
  if (port === 0) return
  const server = createServer((request, response) => {
    if (request.url === '/healthz') return response.end('ok')
    if (request.url === '/readyz') {
      const missing = waitsFor()
      return response.writeHead(missing ? 503 : 200).end(missing ? `waits for ${missing}` : 'ok')
    }
    if (request.url !== '/metrics') return response.writeHead(404).end()
    void readMetrics().then(({ contentType, text }) => response.setHeader('content-type', contentType).end(text))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new StartupError(`METRICS_PORT ${port} cannot be used: ${error.message}.`)))
    server.listen(port, config.HOST, resolve)
  })
  log.info({ port }, 'metrics served')
  onStop(() => new Promise((resolve) => server.close(resolve)))
}
