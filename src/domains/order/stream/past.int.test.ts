import { FraudCleared, PaymentAuthorized, PaymentCaptured, PaymentRefunded, StockReserved } from '#events'
import { append, type NewEvent } from '#messaging'
import { anOrderPlaced, deadline, record, react, testDatabase, type TestDatabase } from '#testing'
import { uuidv7 } from '#platform/uuid'
import { fanfare } from '../../../cli/fanfare.ts'
import { anOrder, testApi, type TestApi } from '../../../testing/api.ts'
import advanceOrder from '../../../../workers/order/advance-order.ts'
import { changeOrder } from '../change-order.ts'
import { deviations } from './deviations.ts'

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

const place = async () => (await api.place(anOrder())).body as { id: string; placedAt: string }
const at = (id: string, moment: string) => api.get(`/v1/orders/${id}?at=${encodeURIComponent(moment)}`)
const updatedAt = (told: string) => (JSON.parse(told) as { updatedAt: string }).updatedAt
const reserved = (orderId: string) => StockReserved({ orderId, lines: [] })
const cleared = (orderId: string) => FraudCleared({ orderId, score: 0 })
const authorized = (orderId: string) =>
  PaymentAuthorized({ orderId, authorizationId: 'a', amount: { amount: 2_500, currency: 'GBP' } })

async function offenders() {
  const found = []
  for await (const deviation of deviations(database.db)) found.push(deviation)
  return found
}

describe('GET /v1/orders/{id}?at=', () => {
  it('tells each version, and the present for one that is still to come', async () => {
    const { id } = await place()
    const told = [(await api.get(`/v1/orders/${id}`)).text]
    for (const event of [reserved(id), cleared(id)]) {
      await react(database, advanceOrder, event)
      told.push((await api.get(`/v1/orders/${id}`)).text)
    }
    await react(database, advanceOrder, authorized(id)) // and order.confirmed
    const now = await api.get(`/v1/orders/${id}`)
    expect(now.body).toMatchObject({ version: 5, status: 'confirmed' })
    for (const [index, text] of told.entries()) expect((await at(id, String(index + 1))).text).toBe(text)
    expect((await at(id, '4')).body).toMatchObject({ version: 4, status: 'placed', answers: { payment: 'yes' } })
    for (const moment of ['5', '6', '999999999', '2099-01-01T00:00:00Z'])
      expect((await at(id, moment)).text).toBe(now.text)
  })

  it('tells a time, in any offset, to the millisecond', async () => {
    const { id, placedAt } = await place()
    await react(database, advanceOrder, reserved(id))
    const { updatedAt } = (await api.get(`/v1/orders/${id}`)).body as { updatedAt: string }
    const before = new Date(Date.parse(updatedAt) - 1)
    expect((await at(id, updatedAt)).body).toMatchObject({ version: 2, updatedAt })
    if (before.toISOString() >= placedAt) expect((await at(id, before.toISOString())).body.version).toBe(1)
    const inIndia = new Date(Date.parse(updatedAt) + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30')
    expect((await at(id, inIndia)).body.version).toBe(2)
    expect((await api.get(`/v1/orders/${id}?at=${inIndia}`)).body.version).toBe(2) // whose + has become a space
  })

  it('says that there was no order yet, or is none', async () => {
    const { id, placedAt } = await place()
    const early = await at(id, '2020-01-01T00:00:00Z')
    expect([early.status, early.body.code]).toEqual([404, 'order-not-placed-yet'])
    expect(early.body.detail).toBe(
      `There was no order ${id} at 2020-01-01T00:00:00.000Z; it was placed at ${placedAt}.`,
    )
    const unknown = await at(uuidv7(), '1')
    expect([unknown.status, unknown.body.code]).toEqual([404, 'order-not-found'])
  })

  it.each([
    '0',
    '-1',
    '1.5',
    'yesterday',
    '2026-13-01T00:00:00Z',
    '2026-11-21',
    '2026-11-21T14:02:00',
    '',
    '99999999999',
  ])('refuses %j with a sentence', async (moment) => {
    const { id } = await place()
    const answer = await at(id, moment)
    expect([answer.status, answer.body.code]).toEqual([422, 'validation-failed'])
    expect(answer.body.errors).toEqual([
      {
        parameter: 'at',
        code: 'invalid-format',
        detail: 'must be a time such as 2026-11-21T14:02:00Z (RFC 3339), or a version of the order: 1, 2, …',
      },
    ])
  })
})

it('does not tell a past of which a part in the middle is archived', async () => {
  const { id } = await place()
  await react(database, advanceOrder, reserved(id))
  await react(database, advanceOrder, cleared(id))
  const [second] = await database.db.event.findMany({ where: { stream: `order-${id}`, streamVersion: 2 } })
  await database.db.$executeRaw`ALTER TABLE events_first DISABLE TRIGGER events_are_append_only`
  await database.db.$executeRaw`DELETE FROM events WHERE id = ${second!.id}::uuid` // of a process whose clock was behind
  await database.db.$executeRaw`ALTER TABLE events_first ENABLE TRIGGER events_are_append_only`
  await database.db.$executeRaw`UPDATE streams SET archived = 1 WHERE stream = ${`order-${id}`}`
  const { status, body } = await at(id, '3')
  expect([status, body.code]).toEqual([404, 'order-archived'])
})

describe('the row of an order', () => {
  it('is told of what others have said before the order has heard of it', async () => {
    const { id } = await place()
    await record(database, reserved(id))
    expect((await api.get(`/v1/orders/${id}`)).body).toMatchObject({ version: 2, answers: { stock: 'yes' } })
    expect(await offenders()).toEqual([])
  })

  it('goes by the order of the stream, whatever order the answers are delivered in', async () => {
    const { id } = await place()
    const [first, second, third] = await record(database, reserved(id), cleared(id), authorized(id))
    const { published } = await react(database, advanceOrder, second!)
    expect(published).toMatchObject([{ type: 'order.confirmed', streamVersion: 5, causationId: second!.id }])
    expect((await react(database, advanceOrder, third!, first!)).published).toEqual([])
    expect(await offenders()).toEqual([])
  })

  it('is the fold of its stream also when somebody appends between the decision and its fact', async () => {
    const { id } = await place()
    let tellAppended = () => {}
    const appended = new Promise<void>((resolve) => (tellAppended = resolve))
    // Holds the stream as another context does that is about to answer, until the cancellation waits for it.
    const other = database.db.$transaction(async (tx) => {
      await append(tx, [{ event: reserved(id), correlationId: id }])
      tellAppended()
      await waitingForStream(id)
    })
    await appended
    const [order] = await Promise.all([
      changeOrder(database.db, id, { type: 'cancel', reason: 'no need' }, { traceparent: null }),
      other,
    ])
    expect(order).toMatchObject({ status: 'cancelled', stock: 'yes', version: 3 })
    expect(await offenders()).toEqual([])
  })

  it('of an older release, which did not fold refunds, is read from the whole stream', async () => {
    const { id } = await place()
    const back = PaymentRefunded({ orderId: id, amount: { amount: 700, currency: 'GBP' } })
    await react(database, advanceOrder, reserved(id), cleared(id), authorized(id))
    await record(database, PaymentCaptured({ orderId: id, amount: { amount: 2_500, currency: 'GBP' } }), back)
    const told = (await api.get(`/v1/orders/${id}`)).text
    expect(JSON.parse(told)).toMatchObject({ version: 7, paymentStatus: 'partially_refunded' })
    // As that release moves the row on, which leaves columns alone that it does not know.
    await database.db.order.update({ where: { id }, data: { version: 7, capture: 'yes', updatedAt: updatedAt(told) } })
    expect((await api.get(`/v1/orders/${id}`)).text).toBe(told)
    expect(await offenders()).toEqual([])
  })

  it('of an older release, which knew no versions, is read from the whole stream', async () => {
    const { id } = await place()
    await react(database, advanceOrder, reserved(id), cleared(id), authorized(id))
    await database.db.order.update({ where: { id }, data: { version: 1 } })
    const { body } = await api.get(`/v1/orders/${id}`)
    expect(body).toMatchObject({ version: 5, status: 'confirmed' })
    await api.post(`/v1/orders/${id}/cancel`, { reason: 'no need' })
    expect(await offenders()).toEqual([])
  })
})

describe('audit --refold', () => {
  const run = async (...args: string[]) => {
    let output = ''
    const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((output += String(text))))
    const code = await fanfare(['audit', ...args], { env: { DATABASE_URL: database.url } })
    spy.mockRestore()
    return { code, output }
  }

  it('writes a row anew that is not what its stream tells, and the audit says so', async () => {
    const { id } = await place()
    await react(database, advanceOrder, reserved(id), cleared(id), authorized(id))
    const right = await database.db.order.findUniqueOrThrow({ where: { id } })
    await database.db.order.update({ where: { id }, data: { status: 'placed', version: 2, fraud: 'no' } })
    expect((await run()).output).toMatch(/Next: fanfare audit --refold/)
    expect(await run('--refold', '--dry-run')).toMatchObject({ code: 0, output: expect.stringContaining(id) })
    expect(await run('--refold', '--yes')).toMatchObject({
      code: 0,
      output: expect.stringContaining('1 order written anew'),
    })
    expect(await database.db.order.findUniqueOrThrow({ where: { id } })).toEqual(right)
    expect(await offenders()).toEqual([])
  })
})

it('tells the past of a stream whose events are of older versions', async () => {
  const { data } = anOrderPlaced()
  const old = {
    type: 'order.placed',
    version: 1,
    stream: `order-${data.orderId}`,
    data: { ...data, payment: { token: 'x' } },
  }
  await record(database, old, reserved(data.orderId))
  const { orderId: id, customer, shippingAddress, total } = data
  const then = { placedAt: new Date(), updatedAt: new Date() }
  const row = { id, status: 'placed', version: 2, customer, shippingAddress, ...then }
  await database.db.order.create({ data: { ...row, total: total.amount, currency: total.currency } })
  const { body } = await at(id, '2')
  expect(body).toMatchObject({ version: 2, status: 'placed', total: data.total, answers: { stock: 'yes' } })
  expect(JSON.stringify(body)).not.toContain('token')
  await database.db.order.delete({ where: { id } }) // it has not all that the stream tells
})

describe('an event that this release cannot read', () => {
  const newer = (event: NewEvent): NewEvent => ({ ...event, version: 99 })

  it('of a newer version, is waited for: nothing is decided past it', async () => {
    const { id } = await place()
    await record(database, newer(authorized(id)))
    const { outcomes } = await react(database, advanceOrder, cleared(id)).catch(({ cause }: { cause: Error }) => ({
      outcomes: [cause],
    }))
    expect(outcomes).toMatchObject([{ name: 'RetryLater', delayMs: 10_000 }])
    expect((await api.get(`/v1/orders/${id}`)).body).toMatchObject({ version: 1 })
    const cancel = await api.post(`/v1/orders/${id}/cancel`, { reason: 'no need' })
    expect([cancel.status, cancel.body.code]).toEqual([503, 'newer-release-needed'])
  })

  it('with data that do not fit, changes nothing', async () => {
    const { id } = await place()
    await record(database, { ...reserved(id), data: { orderId: id, lines: 'many' } })
    await react(database, advanceOrder, cleared(id))
    expect((await at(id, '3')).body).toMatchObject({ version: 3, answers: { stock: 'pending', fraud: 'yes' } })
    expect(await offenders()).toEqual([])
  })
})

function waitingForStream(id: string) {
  return deadline(`a decision on ${id} waits`, async () => {
    const [row] = await database.db.$queryRaw<[{ waiting: boolean }]>`
      SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM streams%'
        AND datname = current_database()) AS waiting`
    return row.waiting
  })
}
