import { gzipSync } from 'node:zlib'
import { readMetrics } from '#platform/metrics'
import { testDatabase, type TestDatabase } from '#testing'
import { anOrder, MUG, testApi, type TestApi } from '../testing/api.ts'

let database: TestDatabase
let api: TestApi
beforeAll(async () => {
  database = await testDatabase()
  api = await testApi(database)
})
afterAll(async () => {
  await api.close()
  await database.close()
})

/** Everything an order leaves in the database. */
async function traces() {
  const { db } = database
  const counts = [
    db.order.count(),
    db.orderLine.count(),
    db.idempotencyKey.count(),
    db.event.count(),
    db.stream.count(),
  ]
  return Promise.all(counts)
}

const raw = (body: string | Buffer, headers: Record<string, string> = {}) =>
  api.http
    .post('/v1/orders')
    .set({ authorization: `Bearer ${api.key}`, 'content-type': 'application/json', ...headers })
    .serialize((content) => content as string)
    .send(body as string)

interface Refused {
  what: string
  send: () => ReturnType<TestApi['place']>
  status: number
  code: string
  errors?: { pointer?: string; parameter?: string; code?: string }[]
  headers?: Record<string, string>
}

const refusedBody = (what: string, given: object, ...errors: NonNullable<Refused['errors']>): Refused => ({
  what,
  send: () => api.place(anOrder(given)),
  status: 422,
  code: 'validation-failed',
  errors,
})

const lines = (...lines: unknown[]) => ({ lines })
const line = (given: object) => lines({ sku: MUG.sku, quantity: 1, ...given })
const quantity = '/lines/0/quantity'

const REFUSED: Refused[] = [
  refusedBody('an unknown field', { coupon: 'X' }, { pointer: '/coupon', code: 'unknown-field' }),
  refusedBody('a price from the caller', line({ unitPrice: 1 }), {
    pointer: '/lines/0/unitPrice',
    code: 'unknown-field',
  }),
  refusedBody('no customer', { customer: undefined }, { pointer: '/customer', code: 'required' }),
  refusedBody('no payment token', { payment: {} }, { pointer: '/payment/token', code: 'required' }),
  refusedBody(
    'a wrong type',
    { customer: { name: 7, email: 'ada@example.com' } },
    { pointer: '/customer/name', code: 'invalid-type' },
  ),
  refusedBody(
    'no e-mail address',
    { customer: { name: 'Ada', email: 'ada' } },
    { pointer: '/customer/email', code: 'invalid-format' },
  ),
  refusedBody(
    'an e-mail with a line break',
    { customer: { name: 'Ada', email: 'a@b.com\r\nBcc: c@d.com' } },
    { pointer: '/customer/email' },
  ),
  refusedBody(
    'a name of blanks',
    { customer: { name: '   ', email: 'ada@example.com' } },
    { pointer: '/customer/name', code: 'too-small' },
  ),
  refusedBody(
    'NUL in a name',
    { customer: { name: 'A\0da', email: 'ada@example.com' } },
    { pointer: '/customer/name' },
  ),
  refusedBody(
    'a lone surrogate',
    { customer: { name: 'A\ud800', email: 'ada@example.com' } },
    { pointer: '/customer/name' },
  ),
  refusedBody(
    'a country that is a name',
    { shippingAddress: { line1: 'x', city: 'x', postalCode: 'x', country: 'England' } },
    { pointer: '/shippingAddress/country' },
  ),
  refusedBody('no lines', lines(), { pointer: '/lines', code: 'too-small' }),
  refusedBody(
    '1,001 lines',
    { lines: Array.from({ length: 1_001 }, () => ({ sku: MUG.sku, quantity: 1 })) },
    { pointer: '/lines', code: 'too-big' },
  ),
  refusedBody('quantity zero', line({ quantity: 0 }), { pointer: quantity, code: 'too-small' }),
  refusedBody('a negative quantity', line({ quantity: -1 }), { pointer: quantity, code: 'too-small' }),
  refusedBody('a huge quantity', line({ quantity: 100_001 }), { pointer: quantity, code: 'too-big' }),
  refusedBody(
    'a quantity beyond all numbers',
    line({ quantity: 1e300 }),
    { pointer: quantity },
    { pointer: quantity, code: 'too-big' },
  ),
  refusedBody('a fraction', line({ quantity: 1.5 }), { pointer: quantity, code: 'invalid-type' }),
  refusedBody('a quantity in quotes', line({ quantity: '2' }), { pointer: quantity, code: 'invalid-type' }),
  refusedBody('no quantity', line({ quantity: undefined }), { pointer: quantity, code: 'required' }),
  {
    what: 'a SKU that the catalogue does not know',
    send: () => api.place(anOrder(lines({ sku: MUG.sku, quantity: 1 }, { sku: 'NONE', quantity: 1 }))),
    status: 422,
    code: 'unknown-sku',
    errors: [{ pointer: '/lines/1/sku', code: 'unknown-sku' }],
  },
  {
    what: 'repeated lines that add up to too much',
    send: () => api.place(anOrder(lines({ sku: MUG.sku, quantity: 100_000 }, { sku: MUG.sku, quantity: 1 }))),
    status: 422,
    code: 'quantity-too-large',
    errors: [{ pointer: quantity }],
  },
  { what: 'broken JSON', send: () => raw('{"lines": ['), status: 400, code: 'invalid-json' },
  {
    what: 'a body that is no object',
    send: () => raw('"order"'),
    status: 422,
    code: 'validation-failed',
    errors: [{ pointer: '', code: 'invalid-type' }],
  },
  { what: 'null', send: () => raw('null'), status: 422, code: 'validation-failed', errors: [{ pointer: '' }] },
  {
    what: 'no body',
    send: () => raw(''),
    status: 422,
    code: 'validation-failed',
    errors: ['/customer', '/shippingAddress', '/lines', '/payment'].map((pointer) => ({ pointer, code: 'required' })),
  },
  {
    what: 'a hidden prototype',
    send: () => raw(JSON.stringify(anOrder()).replace('{', '{"__proto__":{"x":1},')),
    status: 422,
    code: 'validation-failed',
    errors: [{ pointer: '/__proto__' }],
  },
  {
    what: 'a body over the limit',
    send: () => raw(JSON.stringify(anOrder({ pad: 'x'.repeat(256 * 1024) }))),
    status: 413,
    code: 'body-too-large',
  },
  {
    what: 'a small body that unpacks to a large one',
    send: () => raw(gzipSync(Buffer.alloc(10_000_000, ' ')), { 'content-encoding': 'gzip' }),
    status: 413,
    code: 'body-too-large',
  },
  {
    what: 'a wrong content type',
    send: () => raw('lines=1', { 'content-type': 'application/x-www-form-urlencoded' }),
    status: 415,
    code: 'unsupported-media-type',
  },
  {
    what: 'another character set',
    send: () => raw('{}', { 'content-type': 'application/json; charset=latin1' }),
    status: 415,
    code: 'unsupported-media-type',
  },
  {
    what: 'an unknown content encoding',
    send: () => raw('{}', { 'content-encoding': 'zstd' }),
    status: 415,
    code: 'unsupported-media-type',
  },
  ...['gzip', 'deflate', 'br'].map((encoding) => ({
    what: `a body that is not ${encoding} as it says`,
    send: () => raw('{"lines":[]}', { 'content-encoding': encoding }),
    status: 400,
    code: 'invalid-encoding',
  })),
  {
    what: 'half a body of gzip',
    send: () => raw(gzipSync('{"lines":[]}').subarray(0, 15), { 'content-encoding': 'gzip' }),
    status: 400,
    code: 'invalid-encoding',
  },
  {
    what: 'a product that no catalogue can hold',
    send: () => api.get('/v1/products/%00'),
    status: 422,
    code: 'validation-failed',
  },
  {
    what: 'an empty Idempotency-Key',
    send: () => api.place(anOrder(), { 'idempotency-key': '' }),
    status: 422,
    code: 'invalid-idempotency-key',
    errors: [{ parameter: 'Idempotency-Key' }],
  },
  {
    what: 'an endless Idempotency-Key',
    send: () => api.place(anOrder(), { 'idempotency-key': 'x'.repeat(256) }),
    status: 422,
    code: 'invalid-idempotency-key',
  },
  {
    what: 'no key',
    send: () => api.http.post('/v1/orders').send(anOrder()),
    status: 401,
    code: 'missing-api-key',
    headers: { 'www-authenticate': 'Bearer realm="fanfare"' },
  },
  {
    what: 'a key of another kind',
    send: () => api.place(anOrder(), { authorization: 'Basic YTpi' }),
    status: 401,
    code: 'missing-api-key',
  },
  {
    what: 'an unknown key',
    send: () => api.place(anOrder(), { authorization: 'Bearer nobody' }),
    status: 401,
    code: 'invalid-api-key',
    headers: { 'www-authenticate': 'Bearer realm="fanfare", error="invalid_token"' },
  },
  ...['/METRICS', '/openapi.json/', '/OpenAPI.json', '/docs/nothing', '/docs/package.json', '/DOCS/'].map((path) => ({
    what: `another spelling or a stranger: ${path}`,
    send: () => api.get(path),
    status: 404,
    code: 'route-not-found',
  })),
  { what: 'an unknown route', send: () => api.get('/v1/nothing'), status: 404, code: 'route-not-found' },
  {
    what: 'a wrong method',
    send: () => api.http.delete('/v1/orders').set('authorization', `Bearer ${api.key}`),
    status: 405,
    code: 'method-not-allowed',
    headers: { allow: 'POST, GET, HEAD' },
  },
  {
    what: 'a path that is not percent-encoding',
    send: () => api.get('/v1/orders/%E0%A4%A'),
    status: 400,
    code: 'invalid-path',
  },
  {
    what: 'an id that is none',
    send: () => api.get('/v1/orders/7'),
    status: 422,
    code: 'validation-failed',
    errors: [{ parameter: 'id' }],
  },
  {
    what: 'an order that is not there',
    send: () => api.get('/v1/orders/0199a000-0000-7000-8000-000000000001'),
    status: 404,
    code: 'order-not-found',
  },
  {
    what: 'the story of no order',
    send: () => api.get('/v1/orders/0199a000-0000-7000-8000-000000000001/story'),
    status: 404,
    code: 'order-not-found',
  },
  {
    what: 'to cancel no order',
    send: () => api.post('/v1/orders/0199a000-0000-7000-8000-000000000001/cancel', { reason: 'x' }),
    status: 404,
    code: 'order-not-found',
  },
  {
    what: 'a limit that is none',
    send: () => api.get('/v1/orders?limit=0'),
    status: 422,
    code: 'validation-failed',
    errors: [{ parameter: 'limit' }],
  },
  ...['0x10', '1e1', '', '%2020', '5.0', '101'].map((limit) => ({
    what: `a limit written as '${limit}'`,
    send: () => api.get(`/v1/orders?limit=${limit}`),
    status: 422,
    code: 'validation-failed',
    errors: [{ parameter: 'limit' }],
  })),
  {
    what: 'an unknown status',
    send: () => api.get('/v1/orders?status=lost'),
    status: 422,
    code: 'validation-failed',
    errors: [{ parameter: 'status' }],
  },
  {
    what: 'an unknown query parameter',
    send: () => api.get('/v1/orders?page=2'),
    status: 422,
    code: 'validation-failed',
    errors: [{ parameter: 'page' }],
  },
  {
    what: 'a cursor of somebody else',
    send: () => api.get('/v1/orders?cursor=x'),
    status: 422,
    code: 'validation-failed',
    errors: [{ parameter: 'cursor' }],
  },
  {
    what: 'a product that is not there',
    send: () => api.get('/v1/products/NONE'),
    status: 404,
    code: 'product-not-found',
  },
]

describe('a refused request', () => {
  it.each(REFUSED)('gets its own answer and leaves nothing behind: $what', async (refused) => {
    const before = await traces()
    const answer = await refused.send()
    expect(answer.status).toBe(refused.status)
    expect(answer.type).toBe('application/problem+json')
    expect(answer.body).toMatchObject({
      type: `urn:fanfare:problem:${refused.code}`,
      status: refused.status,
      code: refused.code,
      title: expect.any(String),
      detail: expect.stringMatching(/\.$/),
      requestId: answer.headers['x-request-id'],
      ...(refused.errors && { errors: refused.errors.map((error) => expect.objectContaining(error)) }),
    })
    expect(answer.headers).toMatchObject(refused.headers ?? {})
    expect(await traces()).toEqual(before)
  })

  it('names the first of very many faults, and says how many there are', async () => {
    const lines = Array.from({ length: 1_000 }, (_, nth) => ({ sku: `NONE-${nth}`.padEnd(64, 'X'), quantity: 1 }))
    const unknown = await api.place(anOrder({ lines }))
    expect(unknown.body).toMatchObject({ status: 422, code: 'unknown-sku' })
    expect(unknown.body.errors).toHaveLength(50)
    expect(unknown.body.detail).toMatch(/The first 50 of 1000 faults are named\.$/)
    expect(unknown.text.length).toBeLessThan(12_000)
    const endless = await api.place(anOrder({ ['x'.repeat(200_000)]: 1 }))
    expect(endless.body).toMatchObject({ status: 422, errors: [{ pointer: `/${'x'.repeat(100)}…` }] })
  })

  it('names every fault at once', async () => {
    const { body } = await api.place({ lines: [{ quantity: 0 }], coupon: 1 })
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
      '/coupon',
      '/customer',
      '/lines/0/quantity',
      '/lines/0/sku',
      '/payment',
      '/shippingAddress',
    ])
  })
})

describe('the host', () => {
  it('answers OPTIONS and HEAD', async () => {
    const options = await api.http.options('/v1/orders')
    expect([options.status, options.headers['allow']]).toEqual([204, 'POST, GET, HEAD'])
    expect((await api.http.head('/healthz')).status).toBe(200)
  })

  it('is alive and ready, and counts what it answers', async () => {
    expect((await api.http.get('/healthz')).body).toEqual({ status: 'ok' })
    expect((await api.http.get('/readyz')).body).toEqual({ status: 'ok' })
    const { text } = await readMetrics()
    expect(text).toContain('fanfare_http_request_seconds_count{method="GET",route="/healthz",status="200"}')
    expect((await api.http.get('/metrics')).status).toBe(404) // they have a port of their own
  })

  it("keeps a caller's request id when it is harmless", async () => {
    expect((await api.http.get('/healthz').set('x-request-id', 'abc-1')).headers['x-request-id']).toBe('abc-1')
    expect((await api.http.get('/healthz').set('x-request-id', '<b>')).headers['x-request-id']).not.toBe('<b>')
  })

  it('serves its documentation from its own files, packed for who takes it so', async () => {
    const page = await api.http.get('/docs').redirects(1)
    expect(page.text).toContain('src="scalar.js"')
    expect(page.text).not.toMatch(/(src|href)="https?:/)
    expect(page.headers['content-security-policy']).toContain("script-src 'self';")
    expect((await api.http.get('/docs/start.js')).text).toContain('/openapi.json')
    const [packed, plain] = [
      await api.http.get('/docs/scalar.js'),
      await api.http.get('/docs/scalar.js').set('accept-encoding', 'identity'),
    ]
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.text).toBe(packed.text)
  })

  it.each([
    { range: 'bytes=99999999-' },
    { range: 'bytes=0-1' },
    { 'if-match': '"x"' },
    { 'if-unmodified-since': 'Mon, 01 Jan 1990 00:00:00 GMT' },
  ])('answers with the whole asset whatever part or version is asked for: %j', async (headers) => {
    const { status, text } = await api.http.get('/docs/start.js').set(headers)
    expect([status, text.slice(0, 7)]).toEqual([200, 'Scalar.'])
  })
})
