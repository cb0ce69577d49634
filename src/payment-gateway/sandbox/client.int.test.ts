import { createServer, type AddressInfo, type Socket } from 'node:net'
import { DependencyUnavailable, Unrecoverable } from '#messaging'
import { startGateway, type RunningGateway } from '../../../sandbox/payment-gateway/server.ts'
import { createGateway } from './client.ts'

const amount = { amount: 2_500, currency: 'GBP' }
let keys = 0
const call = (signal = AbortSignal.timeout(30_000)) => ({ idempotencyKey: `key-${++keys}`, signal })
const order = (token = 'pm_card_visa') => ({ amount, token, reference: 'order-1' })

describe('the gateway', () => {
  let running: RunningGateway
  beforeAll(async () => (running = await startGateway({ port: 0 })))
  afterAll(() => running.close())

  test('holds, takes and gives back; what is done already counts as done', async () => {
    const gateway = createGateway(running.url)
    const held = await gateway.authorize(order(), call())
    if (!held.ok) throw new Error(held.detail)
    const done = { ok: true, authorizationId: held.authorizationId }
    for (const move of ['capture', 'capture', 'refund', 'refund'] as const)
      expect(await gateway[move](held.authorizationId, call(), amount)).toEqual(done)
  })

  test('tells the state that stood in the way', async () => {
    const gateway = createGateway(running.url)
    const held = await gateway.authorize(order(), call())
    if (!held.ok) throw new Error(held.detail)
    await gateway.capture(held.authorizationId, call())
    expect(await gateway.void(held.authorizationId, call())).toMatchObject({ ok: false, state: 'captured' })
  })

  test('a decline is a result', async () => {
    const answer = await createGateway(running.url).authorize(order('pm_card_chargeDeclinedExpiredCard'), call())
    expect(answer).toMatchObject({ ok: false, code: 'expired_card' })
  })

  test('an error of the gateway is an error', async () => {
    const failing = createGateway(running.url).authorize(order('pm_sandbox_flaky'), call())
    await expect(failing).rejects.toThrow('answered internal_error (500)')
  })

  test('so is an answer that does not come', async () => {
    const hanging = createGateway(running.url).authorize(order('pm_sandbox_timeout'), call(AbortSignal.timeout(100)))
    await expect(hanging).rejects.toThrow('did not answer')
  })
})

/** A server of its own that treats every request alike. */
async function serving(treat: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}) // the caller may hang up first
    socket.once('data', () => treat(socket))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((closed) => server.close(closed))
    },
  }
}

/** What the client makes of a server that treats its request so. */
async function errorFrom(treat: (socket: Socket) => void, scheme = 'http'): Promise<Error> {
  const server = await serving(treat)
  const gateway = createGateway(server.url.replace('http', scheme))
  const thrown = await gateway.authorize(order(), call()).catch((error: Error) => error)
  await server.close()
  return thrown as Error
}

const answering =
  (status: number, body = '', headers = '') =>
  (socket: Socket) =>
    socket.end(`HTTP/1.1 ${status} x\r\n${headers}content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`)

const withCode = (code: string, more: object = {}) =>
  JSON.stringify({ error: { code, message: 'No "auth_4af" of order 1', ...more } })

describe('a gateway that is away', () => {
  test.each([502, 503, 504])('says so: %i', async (status) => {
    expect(await errorFrom(answering(status, '<html>Bad gateway</html>'))).toBeInstanceOf(DependencyUnavailable)
  })

  test('has enough of us: 429', async () => {
    const error = await errorFrom(answering(429, withCode('rate_limit'), 'retry-after: 7\r\n'))
    expect(error).toBeInstanceOf(DependencyUnavailable)
    expect(error.message).toMatch(/rate_limit \(429\).*again after 7 s$/)
  })

  test('does not know us: 401', async () => {
    expect(await errorFrom(answering(401, withCode('invalid_api_key')))).toBeInstanceOf(DependencyUnavailable)
  })

  test.each<[string, (socket: Socket) => unknown]>([
    ['resets the connection', (socket) => socket.resetAndDestroy()],
    ['hangs up without an answer', (socket) => socket.end()],
    [
      'hangs up in the middle of its answer',
      (socket) => socket.end('HTTP/1.1 201 x\r\ncontent-length: 99\r\n\r\n{"id"'),
    ],
    ['answers what is not HTTP', (socket) => socket.end('220 mail.example ESMTP\r\n')],
  ])('%s', async (_case, treat) => {
    expect(await errorFrom(treat)).toBeInstanceOf(DependencyUnavailable)
  })

  test('does not speak TLS', async () => {
    expect(await errorFrom(answering(201), 'https')).toBeInstanceOf(DependencyUnavailable)
  })

  test('refuses the connection', async () => {
    const error = await createGateway('http://127.0.0.1:1')
      .authorize(order(), call())
      .catch((thrown: Error) => thrown)
    expect(error).toBeInstanceOf(DependencyUnavailable)
    expect(error).toMatchObject({ message: 'The payment gateway cannot be reached: ECONNREFUSED' })
  })

  test('has no address', async () => {
    const nowhere = createGateway('http://gateway.invalid').authorize(order(), call())
    await expect(nowhere).rejects.toThrow(DependencyUnavailable)
  })
})

describe('a failure of one request', () => {
  test.each([
    [500, 'internal_error', 'Error'],
    [403, 'merchant_blocked', 'Error'],
    [404, 'not_found', 'Error'],
    [409, 'conflict', 'Error'],
    [400, 'invalid_request', 'Unrecoverable'],
    [422, 'amount_too_small', 'Unrecoverable'],
    [400, 'idempotency_error', 'Unrecoverable'],
    [409, 'idempotency_key_in_use', 'RetryLater'],
  ])('%i %s is told by its code, with what differs from order to order in quotes: %s', async (status, code, name) => {
    const error = await errorFrom(answering(status, withCode(code)))
    expect(error.name).toBe(name)
    expect(error.message.endsWith(`${code} (${status}): "No 'auth_4af' of order 1"`)).toBe(true)
  })

  test('Stripe names a key that was used for other data by the type alone', async () => {
    const body = JSON.stringify({ error: { type: 'idempotency_error', message: 'Keys for …' } })
    expect(await errorFrom(answering(400, body.replace('…', '.')))).toBeInstanceOf(Unrecoverable)
  })

  test('without a code of the gateway it is told by that of HTTP', async () => {
    expect((await errorFrom(answering(500))).message).toBe(
      'The payment gateway answered Internal Server Error (500): ""',
    )
  })
})
