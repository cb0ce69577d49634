// LIVE_STREAMS=5000 opens so many streams and prints figures: `LIVE_STREAMS=5000 npm test -- domains/live`.
import { connect, type Socket } from 'node:net'
import { append, TakenBack } from '#messaging'
import { uuidv7 } from '#platform/uuid'
import { createLogger } from '#platform/log/logger'
import { anOrderConfirmed, deadline, releases, testDatabase, type TestDatabase } from '#testing'
import { anOrder, testApi, type TestApi } from '../../testing/api.ts'
import { createClient, issueKey } from '../../api/index.ts'
import { createFeed, type Feed } from './feed.ts'
import { follow } from './follow.ts'
import { fromMessageId } from './message-id.ts'
import { eventRoutes } from './routes.ts'

const STREAMS = Number(process.env['LIVE_STREAMS'] ?? 100)

const later = releases()
let database: TestDatabase
let api: TestApi
let feed: Feed
const ending = new AbortController()
beforeAll(async () => {
  database = await testDatabase()
  await database.db
    .$executeRaw`INSERT INTO relay_checkpoints (name, position) VALUES ('relay', 0) ON CONFLICT DO NOTHING`
  feed = createFeed({ ...database, log: createLogger('test', 'error'), ending: ending.signal, lookMs: 50 })
  api = await testApi(database, eventRoutes({ ...database, feed }))
})
afterAll(async () => {
  ending.abort()
  await api.close()
  await database.close()
})

const publish = () =>
  database.db.$executeRaw`UPDATE relay_checkpoints SET position = (SELECT max(position) FROM events)`

async function order(): Promise<string> {
  const { body } = await api.place(anOrder())
  await publish()
  return body.id
}

async function confirm(orderId: string) {
  await database.db.$transaction((tx) => append(tx, [{ event: anOrderConfirmed({ orderId }), correlationId: orderId }]))
  await publish()
}

interface Message {
  id: string
  event: string
  data: { id: string; type: string; orderId: string; sequence: number; data: Record<string, unknown> }
}

/** An open stream, and what has come. */
async function stream(path: string, headers: Record<string, string> = {}) {
  const listen = new AbortController()
  const given = { authorization: `Bearer ${api.key}`, accept: 'text/event-stream', ...headers }
  const answer = await fetch(`${api.url}${path}`, { headers: given, signal: listen.signal })
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  const messages: Message[] = []
  let begins: string | undefined
  const read = async () => {
    let text = ''
    for await (const chunk of answer.body!) {
      text += new TextDecoder().decode(chunk as Uint8Array)
      const parts = text.split('\n\n')
      text = parts.pop()!
      for (const part of parts) {
        const [, id, event, data] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(part) ?? []
        begins ??= /^id: (.*)$/.exec(part)?.[1]
        if (id) messages.push({ id, event: event!, data: JSON.parse(data!) as Message['data'] })
      }
    }
  }
  const reading = read().catch(() => {})
  const close = async () => {
    listen.abort()
    await reading
  }
  later(close)
  return {
    messages,
    close,
    ended: reading,
    begins: () => deadline('it says where it begins', () => begins),
    has: (count: number) => deadline(`${count} messages`, () => messages.length >= count),
    /** It may hear of earlier ones too, while the feed's look is behind. */
    hears: (orderId: string) =>
      deadline(`of ${orderId}`, () => messages.find(({ data }) => data.orderId === orderId)?.id),
  }
}

it('an order is told from its beginning, goes on live, and after a break behind the last message', async () => {
  const id = await order()
  const path = `/v1/orders/${id}/events`
  const first = await stream(path)
  await first.has(1)
  await confirm(id)
  await first.has(2)
  expect(first.messages).toMatchObject([
    { event: 'order.placed', data: { orderId: id, sequence: 1, data: { customer: { name: '-' } } } },
    { event: 'order.confirmed', data: { orderId: id, sequence: 2 } },
  ])
  await first.close()
  await deadline('its place is free again', () => feed.listeners === 0)
  const second = await stream(path, { 'last-event-id': first.messages[0]!.id })
  await second.has(1)
  expect(second.messages).toEqual(first.messages.slice(1))
  const { body } = await api.get(path)
  expect(body).toEqual({ events: first.messages.map(({ data }) => data), next: first.messages[1]!.id, more: false })
})

it('a stream that is lost before its first message goes on where it began', async () => {
  const first = await stream('/v1/events')
  const begins = await first.begins()
  await first.close()
  const orderId = await order()
  const second = await stream('/v1/events', { 'last-event-id': begins })
  await second.has(1)
  expect(second.messages).toMatchObject([{ event: 'order.placed', data: { orderId } }])
})

it('a Last-Event-ID that is none of ours is refused: to begin with the present would leave out what came before', async () => {
  const given = { authorization: `Bearer ${api.key}`, accept: 'text/event-stream', 'last-event-id': '1042-3' }
  const answer = await fetch(`${api.url}/v1/events`, { headers: given, signal: AbortSignal.timeout(5_000) })
  expect(answer.status).toBe(422)
  expect(await answer.json()).toMatchObject({ errors: [{ parameter: 'Last-Event-ID' }] })
})

it('HEAD gets the head of a stream and holds nothing', async () => {
  const headers = { authorization: `Bearer ${api.key}`, accept: 'text/event-stream' }
  const signal = AbortSignal.timeout(5_000)
  const answer = await fetch(`${api.url}/v1/events`, { method: 'HEAD', headers, signal })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  await deadline('nobody listens', () => feed.listeners === 0)
})

it('a client hears of its own orders, of the types that it wants', async () => {
  const rival = await createClient(database.db, 'rival')
  const { key } = await issueKey(database.db, rival, { scopes: ['orders:read'] })
  const { key: blind } = await issueKey(database.db, rival, { scopes: ['webhooks'] })
  const asRival = { authorization: `Bearer ${key}` }
  const [own, confirmed, others] = [
    await stream('/v1/events'),
    await stream('/v1/events?types=order.confirmed'),
    await stream('/v1/events', asRival),
  ]
  const id = await order()
  await confirm(id)
  await own.has(2)
  await confirmed.has(1)
  expect(confirmed.messages).toEqual(own.messages.slice(1))
  expect(others.messages).toEqual([])
  const refused = await api.http.get(`/v1/orders/${id}/events`).set(asRival)
  expect([refused.status, refused.body.code]).toEqual([404, 'order-not-found'])
  expect((await api.http.get('/v1/events').set({ authorization: `Bearer ${blind}` })).status).toBe(403)
  expect((await api.get('/v1/events?types=fraud.cleared')).status).toBe(422)
  const { body } = await api.http.get('/v1/events?since=0').set(asRival)
  expect(body).toMatchObject({ events: [], more: false })
})

it('page by page, everything comes once', async () => {
  const { body: start } = await api.get('/v1/events')
  const ids = [await order(), await order(), await order()]
  const told: string[] = []
  let { next } = start
  for (let more = true; more;) {
    const { body } = await api.get(`/v1/events?since=${next}&limit=2`)
    expect(body.events.length).toBeLessThanOrEqual(2)
    told.push(...body.events.map(({ orderId }: { orderId: string }) => orderId))
    ;({ next, more } = body)
  }
  expect(told).toEqual(ids)
})

it(`${STREAMS} streams are served by one look at the store`, async () => {
  const port = Number(new URL(api.url).port)
  const memory = () => process.memoryUsage().rss
  const before = memory()
  const told: string[] = []
  const sockets: Socket[] = []
  later(() => sockets.forEach((socket) => socket.destroy()))
  const began = performance.now()
  for (let from = 0; from < STREAMS; from += 50) {
    await Promise.all(
      Array.from({ length: Math.min(50, STREAMS - from) }, () => {
        const socket = connect(port, '127.0.0.1').setEncoding('utf8')
        const nth = sockets.push(socket) - 1
        told[nth] = ''
        socket.write(
          `GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key}\r\nAccept: text/event-stream\r\n\r\n`,
        )
        return new Promise<void>((resolve) => {
          socket.on('data', (chunk: string) => {
            told[nth] += chunk
            if (told[nth]!.includes('connected')) resolve()
          })
        })
      }),
    )
  }
  await deadline('all are open', () => feed.listeners === STREAMS, { within: 120_000 })
  const openMs = performance.now() - began
  const reading = (['$queryRaw', '$transaction'] as const).map((name) => jest.spyOn(database.db, name))
  const orderId = await order()
  const published = performance.now()
  const allHeard = () => told.every((text) => text.includes(orderId)) // they may be told of an earlier one too
  await deadline('all have heard of it', allHeard, { within: 120_000, every: 5 })
  const tellMs = Math.round(performance.now() - published)
  const reads = reading.reduce((sum, { mock }) => sum + mock.calls.length, 0)
  for (const spy of reading) spy.mockRestore()
  expect(reads).toBeLessThan(STREAMS) // a few for each look, however many listen
  if (STREAMS >= 1_000)
    process.stdout.write(
      `${STREAMS} streams opened in ${Math.round(openMs)} ms; one event reached all ${tellMs} ms after it was published; ` +
        `${reads} statements and transactions; ${Math.round((memory() - before) / STREAMS / 1_024)} kB each, with the clients in the same process\n`,
    )
}, 300_000)

it('an event of a newer release ends the streams that want it, and no others', async () => {
  const newer = await createClient(database.db, 'newer')
  const { key } = await issueKey(database.db, newer, { scopes: ['orders:read', 'orders:write'] })
  const authorization = `Bearer ${key}`
  const theirs = await stream('/v1/events', { authorization })
  const own = await stream('/v1/events')
  const { body } = await api.place(anOrder(), { authorization })
  await publish()
  await theirs.has(1)
  const event = { ...anOrderConfirmed({ orderId: body.id }), version: 99 }
  await database.db.$transaction((tx) => append(tx, [{ event, correlationId: body.id }]))
  await publish()
  await theirs.ended
  await order()
  await own.has(1)
  expect(theirs.messages.length).toBe(1)
  const first = await api.http.get('/v1/events?since=0').set({ authorization })
  expect(first.body).toMatchObject({ events: [{ type: 'order.placed', orderId: body.id }], more: true })
  const second = await api.http.get(`/v1/events?since=${first.body.next}`).set({ authorization })
  expect(second).toMatchObject({ status: 503, body: { code: 'event-not-readable-yet' } })
  expect(second.headers['retry-after']).toBe('10')
})

const positionOf = (id: string) => BigInt(parseInt(id))

/** What only a failover or a restore does. */
const rewrite = (...changes: ReturnType<typeof database.db.$executeRaw>[]) =>
  database.db.$transaction([
    database.db.$executeRaw`ALTER TABLE events DISABLE TRIGGER USER`,
    ...changes,
    database.db.$executeRaw`ALTER TABLE events ENABLE TRIGGER USER`,
  ])

/** As a failover to a standby that had not heard of what came after a message: positions are given again. */
const takeBack = (id: string) =>
  rewrite(
    database.db.$executeRaw`DELETE FROM events WHERE position > ${positionOf(id)}`,
    database.db.$executeRaw`UPDATE relay_checkpoints SET position = ${positionOf(id)}`,
    database.db.$executeRaw`SELECT setval('events_position_seq', ${positionOf(id)})`,
  )

/** As a failover that has lost a message's event, whose position was given again since. */
const giveAgain = (id: string) =>
  rewrite(database.db.$executeRaw`UPDATE events SET id = ${uuidv7()}::uuid WHERE position = ${positionOf(id)}`)

it('after a failover that has lost events no stream waits for positions to come back', async () => {
  const before = (await api.get('/v1/events')).body.next as string
  const first = await stream('/v1/events')
  await order()
  await first.has(1)
  const { id } = first.messages[0]!
  await takeBack(before)
  await first.ended
  for (const headers of [{ accept: 'text/event-stream', 'last-event-id': id }, {}]) {
    const refused = await api.http.get(`/v1/events?since=${id}`).set({ authorization: `Bearer ${api.key}`, ...headers })
    expect([refused.status, refused.body.code]).toEqual([409, 'events-taken-back'])
  }
  const again = await stream(`/v1/events?since=${before}`)
  const placed = await order()
  await again.has(1)
  expect(again.messages[0]).toMatchObject({ data: { orderId: placed } })
  expect(positionOf(again.messages[0]!.id)).toBe(positionOf(id))
})

it('after a failover that new events have caught up with, streams end as well, and their ids are refused', async () => {
  const open = await stream('/v1/events')
  const id = await open.hears(await order())
  await giveAgain(id)
  await open.ended
  await deadline('its place is free again', () => feed.listeners === 0)
  expect((await api.get(`/v1/events?since=${id}`)).body.code).toBe('events-taken-back')
  expect((await api.get(`/v1/events?since=${positionOf(id)}`)).status).toBe(200) // a plain position is not checked
})

it('an open stream outlives a failover that has lost nothing which it was told', async () => {
  const open = await stream('/v1/events')
  const id = await open.hears(await order())
  expect((await api.place(anOrder())).status).toBe(202) // and is not published before it is lost
  await takeBack(id)
  await open.hears(await order())
})

it('who begins ahead of the feed of his process, and behind an event that is lost meanwhile, hears of nothing else', async () => {
  const slow = createFeed({ ...database, log: createLogger('test', 'error'), ending: ending.signal, lookMs: 500 })
  const { body } = await api.get('/v1/events')
  const wanted = { clientId: (await database.db.client.findFirstOrThrow({ where: { name: 'test' } })).id }
  const listener = (await slow.join(wanted))!
  await order()
  const ahead = await api.get(`/v1/events?since=${body.next}`)
  const after = await slow.check(fromMessageId(ahead.body.next))
  await giveAgain(ahead.body.next)
  await order()
  const told: (string | undefined)[] = []
  const hear = async () => {
    for await (const { id } of follow(slow, { wanted, listener, after }, ending.signal)) told.push(id)
  }
  await hear().catch((error: unknown) => expect(error).toBeInstanceOf(TakenBack))
  expect(told).toEqual([ahead.body.next])
})

it('an id whose event lies in an archive is taken', async () => {
  const id = `${10n ** 17n}-0123456789ab`
  expect((await api.get(`/v1/events?since=${id}`)).status).toBe(409)
  const range = { firstPosition: positionOf(id), lastPosition: positionOf(id), toId: uuidv7() }
  await database.db.archive.create({ data: { name: 'past', state: 'archived', place: 'elsewhere', ...range } })
  expect((await api.get(`/v1/events?since=${id}`)).body).toEqual({ events: [], next: id, more: false })
})
