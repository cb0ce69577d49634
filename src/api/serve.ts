import { createServer, type RequestListener, type Server } from 'node:http'
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net'
import { StartupError } from '#platform/config'
import { answerBrokenRequests } from './requests/broken-requests.ts'

export interface RunningServer {
  readonly port: number
  /**
   * For half a second tells every client to close its connection with the next answer, so that no request is cut off on
   * a connection kept alive; then takes no new connections, and resolves when the requests under way are answered.
   */
  stop(): Promise<void>
}

const TIMEOUTS = {
  /** Longer than the idle timeout of usual load balancers, so that they close first. */
  keepAliveTimeout: 65_000,
  /** Until the headers, and until the whole request must have arrived: 408 after that. */
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  /** How often Node looks for requests that take longer; its own default would let each of them hold a connection for 30 s more. */
  connectionsCheckingInterval: 5_000,
}

/**
 * Listens on `port` (0 picks a free one) of this machine alone, unless another address is given.
 * @param timeouts in milliseconds, in place of the usual ones
 * @throws StartupError when the port is taken
 */
export async function serve(
  app: RequestListener,
  port: number,
  host = '127.0.0.1',
  timeouts: Partial<typeof TIMEOUTS> = {},
): Promise<RunningServer> {
  const server = createServer(
    { ...TIMEOUTS, ...timeouts, noDelay: true, keepAlive: true, requireHostHeader: false },
    app,
  )
  answerBrokenRequests(server)
  const connections = keepConnections(server)
  await listen(server, port, host)
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'))
      await drained(server)
      await close(server, connections)
    },
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new StartupError(`Port ${port} is in use. Stop what listens there, or set PORT to another one.`)
          : new StartupError(`HOST ${host} and PORT ${port} cannot be used: ${error.message}.`),
      ),
    )
    server.listen(port, host, resolve)
  })
}

const DRAIN_MS = 500
const LOOK_MS = 20
const LAST_REQUEST_MS = 100
const FIRST_BYTE_MS = 1_000

/** Resolves when nobody is connected any more, or after DRAIN_MS. */
function drained(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const end = performance.now() + DRAIN_MS
    const look = () =>
      server.getConnections((error, open) => {
        if (error || open === 0 || performance.now() > end) resolve()
        else setTimeout(look, LOOK_MS)
      })
    look()
  })
}

/** All that are open. */
function keepConnections(server: Server): ReadonlySet<Socket> {
  const connections = new Set<Socket>()
  server.on('connection', (socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  return connections
}

/**
 * Stops accepting, but unlike close() of node:http leaves a moment to connections whose first request is on its way; and ends,
 * after a second, those on which no byte has come: browsers and clients open some in advance.
 */
function close(server: Server, connections: ReadonlySet<Socket>): Promise<void> {
  const silentFrom = performance.now() + FIRST_BYTE_MS
  return new Promise((resolve) => {
    const idle = setInterval(() => {
      server.closeIdleConnections()
      if (performance.now() < silentFrom) return
      for (const socket of connections) if (socket.bytesRead === 0) socket.destroy()
    }, LAST_REQUEST_MS)
    NetServer.prototype.close.call(server, () => {
      clearInterval(idle)
      resolve()
    })
  })
}
