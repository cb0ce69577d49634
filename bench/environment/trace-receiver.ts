// A receiver of traces (OTLP over HTTP) on RECEIVER_PORT that keeps nothing. GET tells how many bytes it has taken.
import { createServer } from 'node:http'

let bytes = 0
const server = createServer((request, response) => {
  if (request.method === 'GET') return response.end(String(bytes))
  request.on('data', (chunk: Buffer) => (bytes += chunk.length))
  request.on('end', () => response.setHeader('content-type', 'application/json').end('{}'))
})
server.listen(Number(process.env['RECEIVER_PORT']), '127.0.0.1', () => process.stdout.write('accepting traces\n'))
process.once('SIGTERM', () => process.exit(0))
