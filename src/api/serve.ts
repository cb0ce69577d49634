import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Express } from 'express'
import { StartupError } from '#platform/config'

export interface RunningServer {
  readonly port: number
  /** Takes no new connections and resolves when the requests under way have been answered. */
  stop(): Promise<void>
}

const TIMEOUTS = {
  /** Longer than the idle timeout of usual load balancers, so that they close first. */
  keepAliveTimeout: 65_000,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
}

/** Listens on `port` (0 picks a free one). @throws StartupError when the port is taken */
export async function serve(app: Express, port: number): Promise<RunningServer> {
  const server = createServer({ ...TIMEOUTS, noDelay: true, keepAlive: true }, app)
  await listen(server, port)
  return { port: (server.address() as AddressInfo).port, stop: () => close(server) }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new StartupError(`Port ${port} is in use. Stop what listens there, or set PORT to another one.`)
          : error,
      ),
    )
    server.listen(port, resolve)
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), 50) // those whose last request ends while we wait
    server.close(() => {
      clearInterval(idle)
      resolve()
    })
  })
}
