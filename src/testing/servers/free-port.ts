import { createServer } from 'node:net'

/**
 * A port of 127.0.0.1 that nobody listens on at this moment. It lies below those that a system gives away by itself (from 32768
 * on Linux, from 49152 elsewhere), so that no connection and no server on port 0 takes it before it is used.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 10_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
