// One suite for every provider: what the reactions of payments rely on.
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DependencyUnavailable, RetryLater, Unrecoverable } from '#messaging'
import { uuidv7 } from '#platform/uuid'
import { deadline } from '#testing'
import { startGateway } from '../../sandbox/payment-gateway/server.ts'
import { startStripe } from '../../sandbox/stripe/server.ts'
import type { GatewayAnswer, PaymentGateway, Wanted } from './port.ts'
import { createGateway } from './sandbox/client.ts'
import { createStripeGateway } from './stripe/gateway.ts'

/** In front of a provider: it may let a request through and lose its answer. */
async function losingProxy(target: string) {
  let losing = 0
  let losingAt = /$/
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request
    const isLost = method === 'POST' && losing > 0 && losingAt.test(url)
    if (isLost) losing -= 1
    const forwarded = ask(target + url, { method, headers }, (answer) => {
      if (isLost) return answer.resume().once('end', () => request.socket.resetAndDestroy())
      response.writeHead(answer.statusCode!, answer.headers)
      return answer.pipe(response)
    })
    forwarded.once('error', () => request.socket.destroy())
    request.pipe(forwarded)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The answers to the next requests that change something at such a path. */
    lose(count: number, at: RegExp) {
      losing = count
      losingAt = at
    },
    close: () =>
      new Promise((closed) => {
        server.close(closed)
        server.closeAllConnections()
      }),
  }
}

const SLOW_MS = 400

interface Started {
  connect(url: string): PaymentGateway
  url: string
  close(): Promise<unknown>
  /** Keys are forgotten, as after a day at Stripe. */
  forgetKeys?(): void
}

const PROVIDERS: Record<string, () => Promise<Started>> = {
  async sandbox() {
    const { url, close } = await startGateway({ port: 0, slowMs: SLOW_MS })
    return { url, close, connect: createGateway }
  },
  async stripe() {
    const { url, close, forgetKeys } = await startStripe({ slowMs: SLOW_MS })
    const connect = (apiUrl: string) => createStripeGateway({ secretKey: 'sk_test_contract', apiUrl })
    return { url, close, forgetKeys, connect }
  },
}

const amount = { amount: 2_500, currency: 'GBP' }
const LONG_MS = 30_000
const call = (idempotencyKey: string, ms = LONG_MS) => ({ idempotencyKey, signal: AbortSignal.timeout(ms) })
const wanted = (token = 'pm_card_visa', reference = uuidv7()): Wanted => ({ amount, token, reference })

describe.each(Object.keys(PROVIDERS))('%s', (provider) => {
  let started: Started
  let proxy: Awaited<ReturnType<typeof losingProxy>>
  let gateway: PaymentGateway
  beforeAll(async () => {
    started = await PROVIDERS[provider]!()
    proxy = await losingProxy(started.url)
    gateway = started.connect(proxy.url)
  })
  afterAll(async () => {
    await proxy.close()
    await started.close()
  })

  const idOf = (answer: GatewayAnswer) => {
    if (!answer.ok) throw new Error(answer.detail)
    return answer.authorizationId
  }
  const authorize = (what: Wanted, ms?: number) => gateway.authorize(what, call(`authorize:${what.reference}`, ms))
  const held = async () => idOf(await authorize(wanted()))
  const taken = async () => {
    const id = await held()
    await gateway.capture(id, call(`capture:${id}`))
    return id
  }
  const holdsOf = async (reference: string) => {
    for await (const page of gateway.open(new Date(Date.now() - 60_000))) {
      const holds = page.filter((hold) => hold.reference === reference)
      if (holds.length > 0) return holds
    }
    return []
  }
  /** Again until it is decided, as deliveries do it. */
  const decided = (act: () => Promise<GatewayAnswer>) =>
    deadline('it is decided', () =>
      act().catch((error: unknown) => {
        if (error instanceof Unrecoverable) throw error
        return undefined
      }),
    )

  test('holds, takes and gives back; what is done already counts as done', async () => {
    const id = await held()
    const done = { ok: true, authorizationId: id }
    for (const attempt of [1, 2]) expect(await gateway.capture(id, call(`capture:${id}:${attempt}`))).toEqual(done)
    for (const attempt of [1, 2]) expect(await gateway.refund(id, call(`back:${id}:${attempt}`), amount)).toEqual(done)
  })

  test('lets go of what it holds, and says what stands in the way', async () => {
    const [let_go, caught] = [await held(), await taken()]
    for (const attempt of [1, 2])
      expect(await gateway.void(let_go, call(`void:${let_go}:${attempt}`))).toEqual({
        ok: true,
        authorizationId: let_go,
      })
    expect(await gateway.void(caught, call(`void:${caught}`))).toMatchObject({ ok: false, state: 'captured' })
    expect(await gateway.capture(let_go, call(`capture:${let_go}`))).toMatchObject({ ok: false, state: 'voided' })
  })

  test('refunds parts: each once under its key, and never more than was taken', async () => {
    const id = await taken()
    const part = (minor: number, key: string) => gateway.refundPart(id, { ...amount, amount: minor }, call(key))
    for (const key of ['a', 'a', 'b']) expect(await part(1_000, `${key}:${id}`)).toMatchObject({ ok: true })
    expect(await part(501, `c:${id}`)).toMatchObject({ ok: false, code: 'amount_too_large' })
    expect(await part(500, `d:${id}`)).toMatchObject({ ok: true })
    expect(await part(1, `e:${id}`)).toMatchObject({ ok: false })
  })

  test.each([
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
    ['pm_card_nobody', 'invalid_token'],
  ])('a decline is an answer, and stays one: %s', async (token, code) => {
    const what = wanted(token)
    for (let attempt = 0; attempt < 2; attempt++) {
      const answer = await authorize(what)
      expect(answer).toMatchObject({ ok: false, code })
      expect(JSON.stringify(answer)).not.toContain('pm_card_nobody')
    }
    expect(await holdsOf(what.reference)).toEqual([])
  })

  test('a capture that the bank refuses is an answer', async () => {
    const id = idOf(await authorize(wanted('pm_sandbox_captureFail')))
    expect(await gateway.capture(id, call(`capture:${id}`))).toMatchObject({ ok: false, code: 'capture_failed' })
    expect(await gateway.void(id, call(`void:${id}`))).toMatchObject({ ok: true })
  })

  test('an answer that is lost is found again, and nothing happens twice', async () => {
    // Twice: Stripe's package asks once more by itself.
    const what = wanted()
    proxy.lose(2, /(authorizations|confirm)$/)
    await expect(authorize(what)).rejects.toThrow(DependencyUnavailable)
    const id = idOf(await decided(() => authorize(what)))
    expect(await holdsOf(what.reference)).toMatchObject([{ authorizationId: id, state: 'authorized', amount }])
    proxy.lose(2, /capture$/)
    expect(await decided(() => gateway.capture(id, call(`capture:${id}`)))).toMatchObject({ ok: true })
    proxy.lose(2, /refunds?$/)
    const part = { ...amount, amount: 1_500 }
    expect(await decided(() => gateway.refundPart(id, part, call(`refund:${id}`)))).toMatchObject({ ok: true })
    expect(await gateway.refundPart(id, part, call(`other:${id}`))).toMatchObject({ ok: false })
    proxy.lose(0, /$/)
  })

  test('many at once under one key have one effect', async () => {
    const what = wanted()
    const ids = await Promise.all(Array.from({ length: 5 }, async () => idOf(await decided(() => authorize(what)))))
    expect(new Set(ids).size).toBe(1)
    expect(await holdsOf(what.reference)).toHaveLength(1)
    const [id = ''] = ids
    await Promise.all(Array.from({ length: 3 }, () => decided(() => gateway.capture(id, call(`capture:${id}`)))))
    const part = { ...amount, amount: 900 }
    await Promise.all(
      Array.from({ length: 3 }, () => decided(() => gateway.refundPart(id, part, call(`refund:${id}`)))),
    )
    const rest = { ...amount, amount: 1_600 }
    expect(await gateway.refundPart(id, rest, call(`rest:${id}`))).toMatchObject({ ok: true })
  })

  test('a slow bank is waited for, and asked again about the same hold', async () => {
    const what = wanted('pm_sandbox_slow')
    await expect(authorize(what, SLOW_MS / 2)).rejects.toThrow('did not answer in time')
    await expect(authorize(what)).rejects.toThrow(RetryLater)
    const id = idOf(await decided(() => authorize(what)))
    expect(await holdsOf(what.reference)).toMatchObject([{ authorizationId: id }])
  })

  test('an error of its own is an error, and its memory of it does not stand in the way', async () => {
    const what = wanted('pm_sandbox_flaky')
    await expect(authorize(what)).rejects.toThrow(/answered .*\(500\)/)
    idOf(await decided(() => authorize(what)))
    expect(await holdsOf(what.reference)).toHaveLength(1)
  })

  test('a key that was used for other data is refused for good', async () => {
    const what = wanted()
    await authorize(what)
    await expect(authorize({ ...what, amount: { ...amount, amount: 9_900 } })).rejects.toThrow(Unrecoverable)
  })

  test('one that is away is told from one that refuses', async () => {
    const away = started.connect('http://127.0.0.1:1')
    await expect(away.authorize(wanted(), call('away'))).rejects.toThrow(DependencyUnavailable)
    await expect(away.capture('pi_1', call('away'))).rejects.toThrow(/cannot be reached: ECONNREFUSED/)
  })

  test('what was held long ago is the same hold, also when its key is forgotten', async () => {
    const what = wanted()
    const record = await gateway.prepare?.(what, call(`authorize:${what.reference}`))
    const prepared = record && idOf(record)
    const again = () => gateway.authorize({ ...what, prepared }, call(`authorize:${what.reference}`))
    const id = idOf(await again())
    started.forgetKeys?.()
    expect(await again()).toEqual({ ok: true, authorizationId: id })
    expect(await holdsOf(what.reference)).toHaveLength(1)
    await gateway.capture(id, call(`capture:${id}`))
    const part = { ...amount, amount: 1_000 }
    await gateway.refundPart(id, part, call(`refund:${id}`))
    started.forgetKeys?.()
    expect(await gateway.capture(id, call(`capture:${id}`))).toMatchObject({ ok: true })
    expect(await gateway.refundPart(id, part, call(`refund:${id}`))).toMatchObject({ ok: true })
    expect(await gateway.refundPart(id, { ...amount, amount: 1_500 }, call(`rest:${id}`))).toMatchObject({ ok: true })
  })
})
