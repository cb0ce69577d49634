// The payment gateway of the sandbox: a stand-in for a bank, not a part of the product. It keeps its word over kill -9.
import { startGateway } from './server.ts'

const { GATEWAY_PORT = '4010', GATEWAY_HOST = '127.0.0.1', GATEWAY_DATA, GATEWAY_LATENCY_MS = '0' } = process.env

try {
  const gateway = await startGateway({
    port: Number(GATEWAY_PORT),
    host: GATEWAY_HOST,
    dataDirectory: GATEWAY_DATA,
    latencyMs: Number(GATEWAY_LATENCY_MS),
  })
  process.stdout.write(`payment gateway on ${gateway.url}, journal ${GATEWAY_DATA ?? '(none: in memory only)'}\n`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void gateway.close().then(() => process.exit(0)))
} catch (error) {
  process.stderr.write(`The payment gateway could not start: ${(error as Error).message}\n`)
  process.exit(1)
}
