import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DependencyUnavailable } from '#messaging'
import { startGateway, type RunningGateway } from '../../../sandbox/payment-gateway/server.ts'
import { createGateway } from './gateway.ts'

const amount = { amount: 2_500, currency: 'GBP' }
let keys = 0
const call = (signal = AbortSignal.timeout(5_000)) => ({ idempotencyKey: `key-${++keys}`, signal })
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
      expect(await gateway[move](held.authorizationId, call())).toEqual(done)
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

describe('no gateway', () => {
  let server: Server
  let url: string
  beforeAll(async () => {
    server = createServer((_, response) => response.writeHead(503).end()).listen(0)
    await new Promise((listening) => server.once('listening', listening))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  test('out of service: unavailable', async () => {
    await expect(createGateway(url).authorize(order(), call())).rejects.toThrow(DependencyUnavailable)
  })

  test('refused connection: unavailable', async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
    await expect(createGateway(url).authorize(order(), call())).rejects.toThrow(DependencyUnavailable)
  })
})
