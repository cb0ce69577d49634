import { readConversation } from '#messaging'
import { testDatabase, type TestDatabase } from '#testing'
import { upsertProducts } from '#domains/catalog'
import { SHOP_RATES } from '#domains/pricing'
import { anOrder, MUG, TEA, testApi, type TestApi } from '../../testing/api.ts'
import { OrderView } from './schemas/order-view.ts'

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

const eventsOf = (id: string) => readConversation(database.db, id)
const asOrdered = (lines: { cancelled: number; shipped: number; returned: number }[]) =>
  lines.map(({ cancelled: _, shipped: _gone, returned: _back, ...line }) => line)
const setStatus = (id: string, status: string) => database.db.order.update({ where: { id }, data: { status } })

describe('POST /v1/orders', () => {
  it('stores the order with its lines and its fact, at the prices of the catalogue', async () => {
    const lines = [
      { sku: TEA.sku, quantity: 1 },
      { sku: MUG.sku, quantity: 2 },
      { sku: TEA.sku, quantity: 3 },
    ]
    const { status, headers, body } = await api.place(anOrder({ lines }), {
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    })
    expect(status).toBe(202)
    expect(headers['location']).toBe(`/v1/orders/${body.id}`)
    expect(OrderView.parse(body)).toMatchObject({
      status: 'placed',
      total: { amount: 4 * 695 + 2 * 1_250, currency: 'GBP' },
      lines: [
        { sku: TEA.sku, quantity: 4, unitPrice: 695 },
        { sku: MUG.sku, quantity: 2, unitPrice: 1_250 },
      ],
      answers: { stock: 'pending', payment: 'pending', fraud: 'pending' },
    })
    expect((await api.get(`/v1/orders/${body.id}`)).body).toEqual(body)
    const [event, ...others] = await eventsOf(body.id)
    expect(others).toEqual([])
    expect(event).toMatchObject({
      type: 'order.placed',
      stream: `order-${body.id}`,
      streamVersion: 1,
      causationId: null,
    })
    expect(event!.traceparent).toMatch(/^00-aaa/)
    expect(event!.data).toMatchObject({ total: body.total, lines: asOrdered(body.lines) })
  })

  it('costs what was quoted, and keeps of what that is made up', async () => {
    const shop = await testApi(database, [], { client: 'with-rates', rates: SHOP_RATES })
    const { lines, shippingAddress, ...order } = anOrder({ lines: [{ sku: MUG.sku, quantity: 3 }] })
    const wanted = { lines, shipping: { method: 'standard' }, discountCodes: ['welcome10', 'FREESHIP'] }
    const quoted = await shop.post('/v1/quotes', { ...wanted, shippingAddress: { country: 'GB' } })
    const placed = await shop.place({ ...order, ...wanted, shippingAddress })
    const found = await shop.get(`/v1/orders/${placed.body.id}`)
    const [event] = await eventsOf(placed.body.id)
    const refused = await shop.place({ ...order, ...wanted, shippingAddress, discountCodes: ['WELCOME10', 'no'] })
    await shop.close()
    expect(quoted.body).toMatchObject({
      total: { amount: 3_375, currency: 'GBP' },
      exponent: 2,
      lines: [{ sku: MUG.sku, unitPrice: { amount: 1_250, currency: 'GBP' } }],
      costs: {
        discount: { amount: 375 + 495 },
        shipping: { amount: 495 },
        tax: { amount: 563 },
        taxIncluded: true,
      },
      shippingMethods: [
        { method: 'standard', price: { amount: 495, currency: 'GBP' } },
        { method: 'express', price: { amount: 1_200, currency: 'GBP' } },
      ],
    })
    const { total, costs } = OrderView.parse(found.body)
    expect({ total, costs }).toEqual({ total: quoted.body.total, costs: quoted.body.costs })
    expect(found.body).toEqual(placed.body)
    expect(event!.data).toMatchObject({ total, costs: { discount: 870, discounts: [{ code: 'WELCOME10' }, {}] } })
    expect([refused.status, refused.body]).toMatchObject([
      422,
      { code: 'unknown-discount-code', errors: [{ pointer: '/discountCodes/1' }] },
    ])
    expect((await api.post('/v1/quotes', { ...wanted, shippingAddress: { country: 'GB' } })).status).toBe(422)
  })

  it('keeps the payment token in one place, and nowhere else', async () => {
    const token = 'pm_card_told_to_nobody'
    const { body, headers } = await api.place(anOrder({ payment: { token } }), { 'idempotency-key': 'token' })
    const replayed = await api.place(anOrder({ payment: { token } }), { 'idempotency-key': 'token' })
    const other = await api.place(anOrder({ payment: { token: [token] } }))
    expect([replayed.status, other.status]).toEqual([202, 422])
    const answers = [body, headers, replayed.body, other.body, (await api.get(`/v1/orders/${body.id}/story`)).body]
    expect(JSON.stringify(answers)).not.toContain(token)
    const tables = await database.db.$queryRaw<{ name: string; found: boolean }[]>`
      SELECT table_name AS name, query_to_xml(format('SELECT * FROM %I', table_name), true, false, '')::text LIKE ${`%${token}%`} AS found
      FROM information_schema.tables WHERE table_schema = 'public'`
    expect(tables.filter(({ found }) => found).map(({ name }) => name)).toEqual(['payment_tokens'])
    expect(await database.db.paymentToken.findMany({ where: { token } })).toMatchObject([{ orderId: body.id }])
  })

  it('carries what a shop needs, which nothing that happens to it changes', async () => {
    const elsewhere = { name: 'Jörg Müller', line1: '1 Harbour Road', city: 'Hong Kong', country: 'HK' }
    const given = {
      customer: { name: 'Jörg Müller', email: 'jörg@müller.example' },
      shippingAddress: { line1: '1 Main Street', city: 'Ottawa', region: 'ON', postalCode: 'K1A 0A9', country: 'CA' },
      billingAddress: elsewhere,
      reference: 'web-118',
      note: 'Ring twice.\nThe bell is quiet.',
      metadata: { campaign: 'spring', 'cart.id': '7' },
    }
    const { body } = await api.place(anOrder(given)).expect(202)
    expect(OrderView.parse(body)).toMatchObject({ ...given, number: expect.stringMatching(/^FF-[1-9]\d{3,}$/) })
    const { number, reference, metadata } = body
    const stored = await database.db.order.findUnique({ where: { id: body.id } })
    expect(stored).toMatchObject({
      number,
      reference,
      metadata,
      note: '-',
      billingAddress: { line1: '-', country: 'HK' },
    })
    const { body: cancelled } = await api.post(`/v1/orders/${body.id}/cancel`, { reason: 'Ordered twice' }).expect(200)
    expect(cancelled).toMatchObject({ ...given, number, ended: { detail: 'Ordered twice' } })
    expect((await api.get(`/v1/orders/${body.id}`)).body).toEqual(cancelled)
    expect((await api.get(`/v1/orders/${body.id}?at=1`)).body).toEqual(body)
    const [, told] = await eventsOf(body.id)
    expect(told!.data).toMatchObject({ number, reference })
  })

  it.each([
    [
      { shippingAddress: { ...anOrder().shippingAddress, country: 'UK' } },
      '/shippingAddress/country',
      /'UK' is no country/,
    ],
    [
      { billingAddress: { line1: '1 Way', city: 'Berlin', country: 'DE' } },
      '/billingAddress/postalCode',
      /required in DE/,
    ],
    [{ customer: { name: 'Ada', email: 'ada@nowhere' } }, '/customer/email', /e-mail address/],
    [{ reference: 'order of Ada@Example.com' }, '/reference', /nothing of a person/],
    [{ metadata: { who: 'ada  lovelace' } }, '/metadata/who', /nothing of a person/],
    [{ metadata: { $where: 'x' } }, '/metadata/$where', /must be A-Z/],
    [{ metadata: JSON.parse('{"__proto__":"x"}') }, '/metadata/__proto__', /must be A-Z/],
    [
      { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, nth) => [`k${nth}`, 'v'])) },
      '/metadata',
      /at most 50/,
    ],
    [{ metadata: { long: 'x'.repeat(501) } }, '/metadata/long', /500/],
    [{ note: 'bell\u0007' }, '/note', /control characters/],
  ])('says what is wrong with %j', async (given, pointer, detail) => {
    const { status, body } = await api.place(anOrder(given))
    expect([status, body.code]).toEqual([422, 'validation-failed'])
    expect(body.errors).toMatchObject([{ pointer, detail: expect.stringMatching(detail) }])
  })

  it('gives each order of a client another number, and goes on when somebody else was given the same', async () => {
    const [one, other] = [
      await testApi(database, [], { client: 'numbers' }),
      await testApi(database, [], { client: 'others' }),
    ]
    const numberOf = async (shop: TestApi) => (await shop.place(anOrder()).expect(202)).body.number as string
    expect([await numberOf(one), await numberOf(one), await numberOf(other)]).toEqual(['FF-1001', 'FF-1002', 'FF-1001'])
    // As after a failover: another process has used what this one has taken.
    await database.db.$executeRaw`UPDATE orders SET number = 'FF-1003' WHERE number = 'FF-1002'`
    const numbers = await Promise.all(Array.from({ length: 110 }, () => numberOf(one)))
    await Promise.all([one.close(), other.close()])
    expect(new Set([...numbers, 'FF-1001', 'FF-1003']).size).toBe(112)
  })

  it('takes a thousand lines', async () => {
    const products = Array.from({ length: 1_000 }, (_, index) => ({
      sku: `BULK-${index}`,
      name: 'WHITE HANGING HEART T-LIGHT HOLDER',
      price: index,
      currency: 'GBP',
    }))
    await upsertProducts(database.db, products)
    const lines = products.map(({ sku }) => ({ sku, quantity: 100_000 }))
    const { status, body } = await api.place(anOrder({ lines }))
    expect(status).toBe(202)
    expect(body.lines).toHaveLength(1_000)
    expect(body.total.amount).toBe((100_000 * 1_000 * 999) / 2)
  })

  it('takes the price of the moment', async () => {
    await upsertProducts(database.db, [{ ...TEA, sku: 'SALE', price: 900 }])
    const order = anOrder({ lines: [{ sku: 'SALE', quantity: 1 }] })
    const before = await api.place(order)
    await upsertProducts(database.db, [{ ...TEA, sku: 'SALE', price: 500 }])
    const after = await api.place(order)
    expect([before.body.total.amount, after.body.total.amount]).toEqual([900, 500])
    expect((await api.get(`/v1/orders/${before.body.id}`)).body.total.amount).toBe(900)
  })

  it('keeps names of any language', async () => {
    const customer = { name: 'Żaneta Ωmega 李 👩‍🚀', email: 'zaneta@example.com', phone: '+48 600 000 000' }
    const { body } = await api.place(anOrder({ customer }))
    expect((await api.get(`/v1/orders/${body.id}`)).body.customer).toEqual(customer)
  })
})

describe('Idempotency-Key', () => {
  const key = (name: string) => ({ 'idempotency-key': name })

  it('answers the same request the same, whatever has become of the order', async () => {
    const first = await api.place(anOrder(), key('same'))
    await setStatus(first.body.id, 'confirmed')
    const { shippingAddress, ...rest } = anOrder()
    const again = await api.place({ shippingAddress, ...rest }, key('same')) // members in another order
    expect([again.status, again.text]).toEqual([202, first.text])
    expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true', location: first.headers['location'] })
    expect(first.headers).not.toHaveProperty('idempotency-replayed')
    expect(await eventsOf(first.body.id)).toHaveLength(1)
  })

  it('is refused with other content', async () => {
    await api.place(anOrder(), key('other'))
    const orders = await database.db.order.count()
    const again = await api.place(anOrder({ lines: [{ sku: MUG.sku, quantity: 3 }] }), key('other'))
    expect([again.status, again.body.code]).toEqual([422, 'idempotency-key-reused'])
    expect(await database.db.order.count()).toBe(orders)
  })

  it('makes one order of many requests at once, also across processes', async () => {
    const other = await testApi(database)
    const orders = await database.db.order.count()
    const requests = Array.from({ length: 40 }, (_, index) =>
      (index % 2 ? api : other).place(anOrder(), { ...key('race'), authorization: `Bearer ${api.key}` }),
    )
    const answers = await Promise.all(requests)
    await other.close()
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(answers.filter(({ headers }) => !headers['idempotency-replayed'])).toHaveLength(1)
    expect(await database.db.order.count()).toBe(orders + 1)
  })

  it('lets one of two different requests at once win', async () => {
    const answers = await Promise.all([
      api.place(anOrder(), key('two')),
      api.place(anOrder({ lines: [{ sku: TEA.sku, quantity: 1 }] }), key('two')),
    ])
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 422]))
  })

  it('belongs to the client', async () => {
    const other = await testApi(database, [], { client: 'another' })
    const [mine, theirs] = [await api.place(anOrder(), key('mine')), await other.place(anOrder(), key('mine'))]
    await other.close()
    expect(theirs.status).toBe(202)
    expect(theirs.body.id).not.toBe(mine.body.id)
  })

  it('is free again after a refusal, and holds when the product is gone', async () => {
    const order = anOrder({ lines: [{ sku: 'LATER', quantity: 1 }] })
    expect((await api.place(order, key('later'))).body.code).toBe('unknown-sku')
    await upsertProducts(database.db, [{ ...MUG, sku: 'LATER' }])
    const placed = await api.place(order, key('later'))
    await database.db.product.delete({ where: { sku: 'LATER' } })
    expect((await api.place(order, key('later'))).body).toEqual(placed.body)
  })
})

describe('orders that share a commit', () => {
  it('are all stored, each with its own answer', async () => {
    const requests = Array.from({ length: 200 }, (_, index) =>
      api.place(anOrder({ lines: [{ sku: index % 10 === 0 ? 'NONE' : MUG.sku, quantity: index + 1 }] })),
    )
    const answers = await Promise.all(requests)
    answers.forEach(({ status, body }, index) => {
      expect(status).toBe(index % 10 === 0 ? 422 : 202)
      if (status === 202) expect(body.lines[0].quantity).toBe(index + 1)
    })
    const ids = answers.filter(({ status }) => status === 202).map(({ body }) => body.id)
    expect(await database.db.event.count({ where: { correlationId: { in: ids }, type: 'order.placed' } })).toBe(180)
    expect(await database.db.orderLine.count({ where: { orderId: { in: ids } } })).toBe(180)
  })

  it('have one order of each reference, and the others learn which', async () => {
    const orders = await database.db.order.count()
    const send = (reference: string, key?: string) =>
      api.place(anOrder({ reference }), key ? { 'idempotency-key': key } : {})
    const shared = Array.from({ length: 40 }, (_, nth) => (nth % 2 === 0 ? 'shared' : `mine-${nth}`))
    const answers = await Promise.all(shared.map((reference, nth) => send(reference, `reference-${nth}`)))
    const placed = answers.filter(({ status }) => status === 202)
    const refused = answers.filter(({ status }) => status === 409)
    expect([placed.length, refused.length]).toEqual([21, 19])
    const [first] = placed.filter(({ body }) => body.reference === 'shared')
    for (const { body } of refused) {
      expect(body).toMatchObject({ code: 'reference-taken', errors: [{ pointer: '/reference' }] })
      expect(body.detail).toContain(`${first!.body.id} (${first!.body.number})`)
    }
    expect(await database.db.order.count()).toBe(orders + 21)
    // The same request again is answered with its order, and who was refused is refused again.
    const again = await Promise.all(shared.map((reference, nth) => send(reference, `reference-${nth}`)))
    expect(again.map(({ status }) => status)).toEqual(answers.map(({ status }) => status))
    placed.forEach(({ body }) => expect(again.map((one) => one.body.id)).toContain(body.id))
    expect(await database.db.order.count()).toBe(orders + 21)
    const other = await testApi(database, [], { client: 'same-reference' })
    await other.place(anOrder({ reference: 'shared' })).expect(202)
    await other.close()
  })

  it('do not suffer from one that the database refuses', async () => {
    await database.db.$executeRaw`ALTER TABLE order_lines ADD CONSTRAINT poison CHECK (quantity <> 1313)`
    const orders = await database.db.order.count()
    const requests = Array.from({ length: 30 }, (_, index) =>
      api.place(anOrder({ lines: [{ sku: MUG.sku, quantity: index === 7 ? 1313 : 1 }] })),
    )
    const answers = await Promise.all(requests)
    await database.db.$executeRaw`ALTER TABLE order_lines DROP CONSTRAINT poison`
    expect(answers.map(({ status }) => status)).toEqual(answers.map((_, index) => (index === 7 ? 500 : 202)))
    expect(answers[7]!.body).toMatchObject({ code: 'internal-error', requestId: answers[7]!.headers['x-request-id'] })
    expect(await database.db.order.count()).toBe(orders + 29)
    expect(await database.db.stream.count()).toBe(orders + 29)
  })
})

describe('GET /v1/orders', () => {
  it('pages from the newest to the oldest and filters by status', async () => {
    const ids: string[] = []
    for (let index = 0; index < 5; index++) ids.unshift((await api.place(anOrder())).body.id)
    for (const id of ids) await setStatus(id, 'returned')
    const seen: string[] = []
    let next: string | null = ''
    while (next !== null) {
      const { body } = await api.get(`/v1/orders?status=returned&limit=2${next && `&cursor=${next}`}`)
      seen.push(...body.orders.map(({ id }: { id: string }) => id))
      next = body.next
    }
    expect(seen).toEqual(ids)
  })
})

describe('cancel and return', () => {
  const place = async (status = 'placed') => {
    const { body } = await api.place(anOrder())
    if (status !== 'placed') await setStatus(body.id, status)
    return body.id as string
  }

  it.each(['placed', 'confirmed'])('cancels an order that is %s, with its reason in the fact', async (status) => {
    const id = await place(status)
    const { status: code, body } = await api.post(`/v1/orders/${id}/cancel`, { reason: 'Ordered twice' })
    expect(code).toBe(200)
    expect(body).toMatchObject({
      status: 'cancelled',
      ended: { reason: 'cancelled-on-request', detail: 'Ordered twice' },
    })
    const [, event] = await eventsOf(id)
    expect(event).toMatchObject({
      type: 'order.cancelled',
      streamVersion: 2,
      data: { orderId: id, reason: 'Ordered twice' },
    })
    expect((await api.get(`/v1/orders/${id}`)).body).toEqual(body)
  })

  it.each(['shipped', 'delivered', 'returned', 'rejected', 'expired'])(
    'does not cancel an order that is %s',
    async (status) => {
      const id = await place(status)
      const answer = await api.post(`/v1/orders/${id}/cancel`, { reason: 'Too late' })
      expect([answer.status, answer.body.code]).toEqual([409, 'order-not-cancellable'])
      expect(answer.body.detail).toContain(`this one is ${status}`)
      expect(await eventsOf(id)).toHaveLength(1)
    },
  )

  it('cancels once, however many ask at once', async () => {
    const id = await place()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => api.post(`/v1/orders/${id}/cancel`, { reason: 'x' })),
    )
    expect(answers.map(({ status, body }) => [status, body.status])).toEqual(answers.map(() => [200, 'cancelled']))
    expect(await eventsOf(id)).toHaveLength(2)
  })

  it('wants a reason', async () => {
    const id = await place()
    const answer = await api.post(`/v1/orders/${id}/cancel`, {})
    expect(answer.body).toMatchObject({ code: 'validation-failed', errors: [{ pointer: '/reason', code: 'required' }] })
    expect((await api.get(`/v1/orders/${id}`)).body.status).toBe('placed')
  })

  it('takes a delivered order back, with what is owed in the fact', async () => {
    const id = await place('delivered')
    const { status, body } = await api.post(`/v1/orders/${id}/return`)
    expect([status, body.status]).toEqual([200, 'returned'])
    const [, received, event] = await eventsOf(id)
    const { returnId } = received!.data as { returnId: string }
    expect(received).toMatchObject({ type: 'return.received', data: { amount: body.total } })
    expect(event).toMatchObject({
      type: 'return.accepted',
      data: { returnId, total: body.total, lines: asOrdered(body.lines) },
    })
    const again = await api.post(`/v1/orders/${id}/return`)
    expect([again.status, again.body]).toEqual([200, body])
    expect(await eventsOf(id)).toHaveLength(3)
  })
})
