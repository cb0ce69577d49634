import { randomBytes, randomUUID } from 'node:crypto'
import { defineReaction, retire, RetryLater, subscribe, UnreadableEvent, Unrecoverable } from '#messaging'
import { OrderPlaced, PaymentAuthorized, StockReserved } from '#events'
import { anOrderPlaced, aPaymentAuthorized, deadline, record, testSystem, type TestSystem, named } from '#testing'
import { encode } from '../cloud-event.ts'
import { keepUnreadable, type Refused } from '../deliveries/failure/unreadable.ts'

let system: TestSystem
afterEach(() => system.close())

const reserve = defineReaction({
  name: 'test.reserve',
  on: OrderPlaced,
  publishes: StockReserved,
  handle: ({ data: { orderId, lines } }) => StockReserved({ orderId, lines }),
})

test('an event is published to every reaction, and what they publish goes the same way', async () => {
  const seen: string[] = []
  const watch = defineReaction({
    name: 'test.watch',
    on: [OrderPlaced, StockReserved],
    handle: ({ type }) => void seen.push(type),
  })
  system = await testSystem([reserve, watch])
  await record(system, anOrderPlaced())
  await system.settled()
  expect(seen).toEqual(['order.placed', 'stock.reserved'])
})

test('personal data are withheld from reactions that need none', async () => {
  const seen: Record<string, string> = {}
  const reader = (name: string, options: { personalData?: boolean; ordered?: boolean }) =>
    defineReaction({
      name: `test.${name}`,
      on: OrderPlaced,
      ...options,
      handle: ({ data: { customer } }) => void (seen[name] = customer.email),
    })
  const email = 'ada@example.com'
  system = await testSystem([
    reader('default', {}),
    reader('without', { personalData: false }),
    reader('ordered-without', { personalData: false, ordered: true }),
  ])
  await record(system, anOrderPlaced({ customer: { ...named('Ada'), email } }))
  await system.settled()
  const withheld = expect.stringMatching(/\.invalid$/)
  expect(seen).toEqual({ default: email, without: withheld, 'ordered-without': withheld })
})

test('500 events over three replicas: each is handled once', async () => {
  system = await testSystem([reserve])
  await system.run(reserve)
  await system.run(reserve)
  for (let i = 0; i < 10; i++) await record(system, ...Array.from({ length: 50 }, () => anOrderPlaced()))
  await system.settled()
  expect(await system.db.event.count({ where: { type: 'stock.reserved' } })).toBe(500)
  expect(await system.db.handledEvent.count({ where: { reaction: 'test.reserve' } })).toBe(500)
})

test('a failing event is tried again at its time, each attempt noted, and succeeds', async () => {
  let attempts = 0
  const flaky = defineReaction({
    name: 'test.flaky',
    on: OrderPlaced,
    handle() {
      if (++attempts < 3) throw new Error(`attempt ${attempts} failed`)
    },
  })
  system = await testSystem([flaky])
  const [placed] = await record(system, anOrderPlaced())
  await system.settled()
  const history = await system.db.deliveryHistory.findMany({ where: { eventId: placed!.id }, orderBy: { id: 'asc' } })
  expect(history).toMatchObject([
    { what: 'failed', attempt: 1, errorMessage: 'attempt 1 failed' },
    { what: 'failed', attempt: 2, errorMessage: 'attempt 2 failed' },
  ])
  const waits = history.map(({ at, dueAt }) => Number(dueAt) - Number(at))
  expect(waits[0]).toBeGreaterThanOrEqual(49) // stored to the millisecond
  expect(waits[0]).toBeLessThanOrEqual(61) // 50 ms and up to a fifth
  expect(waits[1]).toBeGreaterThanOrEqual(199)
  expect(waits[1]).toBeLessThanOrEqual(241)
  expect(await system.db.delivery.count()).toBe(0)
  expect(await system.db.handledEvent.findMany({ where: { eventId: placed!.id } })).toMatchObject([{ attempt: 3 }])
})

test('attempts exhausted and Unrecoverable end in the dead letters, and the queue moves on', async () => {
  const failing = defineReaction({
    name: 'test.failing',
    on: OrderPlaced,
    retry: { attempts: 2 },
    handle({ data }) {
      if (data.customer.name === 'never') throw new Unrecoverable('cannot ever work')
      if (data.customer.name === 'fails') throw new RangeError('fails again')
    },
  })
  system = await testSystem([failing])
  const events = await record(
    system,
    ...['never', 'fails', 'fine'].map((name) => anOrderPlaced({ customer: named(name) })),
  )
  await system.settled()
  const dead = await system.db.delivery.findMany({ orderBy: { reason: 'desc' } })
  expect(dead).toMatchObject([
    {
      eventId: events[0]!.id,
      reason: 'unrecoverable',
      errorName: 'Unrecoverable',
      attempts: 1,
      state: 'dead',
    },
    {
      eventId: events[1]!.id,
      reason: 'attempts-exhausted',
      errorName: 'RangeError',
      errorMessage: '(personal) again',
      attempts: 2,
    },
  ])
})

test('RetryLater uses up no attempt', async () => {
  let calls = 0
  const patient = defineReaction({
    name: 'test.patient',
    on: OrderPlaced,
    retry: { attempts: 1 },
    handle() {
      if (++calls < 4) throw new RetryLater(10)
    },
  })
  system = await testSystem([patient])
  const [placed] = await record(system, anOrderPlaced())
  await system.settled()
  expect(calls).toBe(4)
  expect(await system.db.handledEvent.findMany({ where: { eventId: placed!.id } })).toMatchObject([{ attempt: 1 }])
})

test('RetryLater with a limit becomes a failed attempt that says why, and ends among the dead letters', async () => {
  const patient = defineReaction({
    name: 'test.patient',
    on: OrderPlaced,
    retry: { attempts: 2 },
    handle: () => Promise.reject(new RetryLater(10, 'the key is in use', { forMs: 200 })),
  })
  system = await testSystem([patient])
  await record(system, anOrderPlaced())
  const dead = await deadline('given up', () => system.db.delivery.findFirst({ where: { state: 'dead' } }))
  expect(dead).toMatchObject({ reason: 'attempts-exhausted', attempts: 2, errorName: 'PostponedTooLong' })
  expect(dead.errorMessage).toMatch(/^the key is in use; so for \d+ s$/)
})

test('a foreign message without an id is kept once, although its acknowledgement was lost', async () => {
  system = await testSystem([reserve])
  const kept = {
    exchange: '',
    routingKey: 'test',
    contentType: 'application/json',
    body: Buffer.from('{oops'),
    headers: {},
  }
  const error = new UnreadableEvent('invalid-json', 'not JSON')
  const keep = (deliveryCount: number) => {
    const delivery = { ...kept, deliveryCount, ack() {}, requeue() {} } as unknown as Refused['delivery']
    return keepUnreadable(system.db, reserve.name, 'test', [
      { delivery, envelope: undefined, reason: 'invalid-json', error },
    ])
  }
  await keep(0)
  await keep(1)
  expect(await system.db.delivery.count()).toBe(1)
  await keep(0) // another one with the same words
  expect(await system.db.delivery.count()).toBe(2)
})

test.each([
  ['empty', Buffer.alloc(0), undefined, 'invalid-json'],
  ['not JSON', Buffer.from('{oops'), 'application/json', 'invalid-json'],
  ['not an envelope', Buffer.from('{"hello":1}'), 'application/json', 'invalid-envelope'],
  ['of another content type', Buffer.from('<xml/>'), 'text/xml', 'unsupported-content-type'],
  ['too large', Buffer.alloc(5_000_000, 32), 'application/json', 'too-large'],
])('a message that is %s goes to the dead letters with its reason', async (_, body, contentType, reason) => {
  system = await testSystem([reserve])
  const message = { exchange: '', routingKey: system.names.queue('test.reserve'), messageId: 'by-hand', body }
  await system.broker.publish([contentType ? { ...message, contentType } : message])
  await record(system, anOrderPlaced())
  await system.settled()
  const dead = await deadline('a dead letter', () => system.db.delivery.findFirst({ where: { state: 'dead' } }))
  expect(dead).toMatchObject({ reason, reaction: 'test.reserve', eventId: null })
  expect(dead.body!.length).toBe(body.length)
})

test('what no column can hold, in headers or the envelope, does not keep a message from the dead letters', async () => {
  const failing = defineReaction({
    name: 'test.reserve',
    on: OrderPlaced,
    handle: () => Promise.reject(new Unrecoverable(`${'a'.repeat(1_999)}\u{1F3BA}\0`)),
  })
  system = await testSystem([failing])
  const message = { exchange: '', routingKey: system.names.queue('test.reserve'), contentType: 'application/json' }
  const envelope = (odd: object) => Buffer.from(JSON.stringify({ specversion: '1.0', id: randomUUID(), ...odd }))
  const whole = { type: 'order.placed', subject: 'order-1', streamversion: 1, correlationid: '1', time: new Date() }
  await system.broker.publish([
    { ...message, messageId: 'a', body: Buffer.from('\0'), headers: { odd: ['\0', { '\0': '\0' }] } },
    { ...message, messageId: 'b', body: envelope(whole) },
    { ...message, messageId: 'c', body: envelope({ ...whole, subject: randomBytes(5_000).toString('hex') }) },
    { ...message, messageId: 'd', body: envelope({ ...whole, type: 'order.placed\0' }) },
    { ...message, messageId: 'e', body: envelope({ ...whole, streamversion: 2 ** 31 }) },
    { ...message, messageId: 'f', contentType: 'a\0', body: envelope(whole) },
  ])
  const [placed] = await record(system, anOrderPlaced())
  await deadline('seven dead letters', async () => (await system.db.delivery.count({ where: { state: 'dead' } })) === 7)
  const { errorMessage } = await system.db.delivery.findFirstOrThrow({ where: { eventId: placed!.id } })
  expect(errorMessage).toBe(`${'a'.repeat(1_999)}\uFFFD`)
})

test('a message of an unknown type, and one whose data do not fit, go to the dead letters', async () => {
  system = await testSystem([reserve])
  const envelope = (type: string, id: string) =>
    Buffer.from(
      JSON.stringify({
        specversion: '1.0',
        id,
        type,
        source: '/t',
        subject: 'order-1',
        time: new Date(),
        streamversion: 1,
        correlationid: '1',
        data: {},
      }),
    )
  const message = { exchange: '', routingKey: system.names.queue('test.reserve'), contentType: 'application/json' }
  await system.broker.publish([
    { ...message, messageId: 'a', body: envelope('payment.authorized', '00000000-0000-7000-8000-000000000001') },
    { ...message, messageId: 'b', body: envelope('order.placed', '00000000-0000-7000-8000-000000000002') },
  ])
  const dead = await deadline('two dead letters', async () => {
    const found = await system.db.delivery.findMany({ orderBy: { eventId: 'asc' } })
    return found.length === 2 && found
  })
  expect(dead).toMatchObject([
    { reason: 'unknown-type', errorMessage: expect.stringContaining('is not on payment.authorized') },
    { reason: 'invalid-data', errorMessage: expect.stringContaining('/orderId') },
  ])
  expect(PaymentAuthorized.type).toBe('payment.authorized')
})

test('the same event published by hand a second time has no second effect', async () => {
  system = await testSystem([reserve])
  const [placed] = await record(system, anOrderPlaced())
  await system.settled()
  const { data, id, type, stream, streamVersion, correlationId, time } = placed!
  const body = Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id,
      type,
      source: '/fanfare',
      subject: stream,
      time,
      streamversion: streamVersion,
      correlationid: correlationId,
      data,
    }),
  )
  const queue = system.names.queue('test.reserve')
  await system.broker.publish([{ exchange: '', routingKey: queue, messageId: id, body }])
  await record(system, anOrderPlaced())
  await system.settled()
  expect(await system.db.event.count({ where: { stream } })).toBe(2)
  expect(await system.db.delivery.count()).toBe(0)
})

test.each([false, true])(
  'an event that the event store does not know has no effects, and is told (ordered: %s)',
  async (ordered) => {
    const handle = ({ data: { orderId, lines } }: ReturnType<typeof anOrderPlaced>) => StockReserved({ orderId, lines })
    system = await testSystem([
      defineReaction({ name: 'test.reserve', on: OrderPlaced, publishes: StockReserved, ordered, handle }),
    ])
    const event = (await record(system, anOrderPlaced()))[0]!
    await system.settled()
    const phantom = { ...event, id: randomUUID(), stream: `order-${randomUUID()}` }
    const message = { exchange: '', routingKey: system.names.queue('test.reserve'), messageId: phantom.id }
    await system.broker.publish([{ ...message, body: encode(phantom, JSON.stringify(phantom.data)) }])
    const dead = await deadline('a dead letter', () => system.db.delivery.findFirst())
    expect(dead).toMatchObject({ state: 'dead', reason: 'not-in-store', eventId: phantom.id })
    expect(await system.db.event.count({ where: { type: 'stock.reserved' } })).toBe(1)
    expect(await system.db.handledEvent.count({ where: { eventId: phantom.id } })).toBe(0)
  },
)

test('a type that a newer release has subscribed to waits for it, and does not die', async () => {
  system = await testSystem([reserve])
  const newer = defineReaction({ name: reserve.name, on: [OrderPlaced, PaymentAuthorized], handle: () => {} })
  await subscribe(system.db, [newer])
  const [event] = await record(system, aPaymentAuthorized())
  const body = encode(event!, JSON.stringify(event!.data))
  await system.broker.publish([
    { exchange: '', routingKey: system.names.queue('test.reserve'), messageId: event!.id, body },
  ])
  const waiting = await deadline('it waits', () => system.db.delivery.findFirst())
  expect(waiting).toMatchObject({ state: 'retrying', reason: 'unknown-type', attempts: 0, eventId: event!.id })
  await system.run(newer)
  const handled = () => system.db.handledEvent.findFirst({ where: { eventId: event!.id } })
  await deadline('handled by the newer release', handled, { within: 60_000 }) // the older one may postpone it once more
})

test('an older release that starts beside a newer one forgets none of its subscriptions', async () => {
  const newer = defineReaction({ name: reserve.name, on: [OrderPlaced, PaymentAuthorized], handle: () => {} })
  system = await testSystem([newer])
  await subscribe(system.db, [reserve])
  expect(await system.db.subscription.count({ where: { reaction: reserve.name } })).toBe(2)
})

test('a type that is retired is owed nothing: its events no longer come, and what was retried is given up', async () => {
  const failing = () => Promise.reject(new Error('not yet'))
  const reaction = defineReaction({ name: 'test.both', on: [OrderPlaced, PaymentAuthorized], handle: failing })
  system = await testSystem([reaction], { retryDelays: [60_000] })
  await record(system, aPaymentAuthorized())
  await deadline('it is retried', async () => (await system.db.delivery.count({ where: { state: 'retrying' } })) === 1)
  expect(await retire(system, reaction.name, PaymentAuthorized.type)).toEqual([PaymentAuthorized.type])
  expect(await system.db.delivery.count()).toBe(0)
  await record(system, aPaymentAuthorized(), anOrderPlaced())
  await deadline('the other type comes', async () => (await system.db.delivery.count()) === 1)
  expect(await system.db.delivery.findMany({ select: { eventType: true } })).toEqual([{ eventType: OrderPlaced.type }])
})
