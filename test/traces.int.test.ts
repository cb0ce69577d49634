// The trace of one order, as a receiver of OTLP gets it: from the request over the store, the relay and the queues to the
// reactions, what they call and what they write, over two steps of the way and a repeated attempt.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OrderPlaced, StockReserved } from '#events'
import { defineProjection, defineReaction } from '#messaging'
import { createGateway } from '../src/payment-gateway/sandbox/client.ts'
import { inSpan } from '../src/platform/tracing.ts'
import { LAST_SPANS_MS, startTracing } from '../src/platform/tracing/start-tracing.ts'
import { deadline, project, testSystem, type TestSystem } from '#testing'
import { startGateway } from '../sandbox/payment-gateway/server.ts'
import { anOrder, testApi, type TestApi } from '../src/testing/api.ts'

interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  startTimeUnixNano: string
  links?: { traceId: string; spanId: string }[]
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[]
  status: { code?: number }
}

interface Received {
  resourceSpans: { scopeSpans: { spans: Span[] }[] }[]
}

const spans: Span[] = []
const receiver = createServer((request, response) => {
  void textOf(request).then((text) => {
    const { resourceSpans } = JSON.parse(text) as Received
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
    response.setHeader('content-type', 'application/json').end('{}')
  })
})

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

const lines: { trace_id?: string; msg: string }[] = []
let failures = 1
let gatewayUrl = ''

const reserve = defineReaction({
  name: 'inventory.reserve-stock',
  on: OrderPlaced,
  publishes: StockReserved,
  async call(_event, { idempotencyKey, signal }) {
    const amount = { amount: 100, currency: 'GBP' }
    await createGateway(gatewayUrl).authorize(
      { amount, token: 'pm_card_visa', reference: 'a' },
      { idempotencyKey, signal },
    )
  },
  handle: ({ data: { orderId, lines: ordered } }) =>
    StockReserved({ orderId, lines: ordered.map(({ sku, quantity }) => ({ sku, quantity })) }),
})
const note = defineReaction({
  name: 'order.note-stock',
  on: StockReserved,
  handle() {
    if (failures-- > 0) throw new Error('not yet')
  },
})

const placed = defineProjection({
  name: 'test.placed',
  version: 1,
  on: OrderPlaced,
  tables: ['CREATE TABLE placed (n int)'],
  async apply() {},
})

let system: TestSystem
let api: TestApi
const releases: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const gateway = await startGateway({ port: 0 })
  gatewayUrl = gateway.url
  system = await testSystem([reserve, note], {
    logLevel: 'warn',
    logTo: { write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
  })
  api = await testApi(system)
  releases.push(api.close, system.close, () => gateway.close())
})
afterAll(async () => {
  for (const release of releases) await release()
  receiver.closeAllConnections()
  receiver.close()
})

/** Names, two spaces deeper for each parent; statements of one span are counted; links lead to names. */
function drawn(parentId: string | undefined, depth = 0): string[] {
  const children = spans.filter(({ parentSpanId }) => parentSpanId === parentId)
  const sorted = children.toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
  return sorted.flatMap((span) => {
    const failed = span.status.code === 2 ? ' (failed)' : ''
    const linked = (span.links ?? []).map(({ spanId }) => spans.find((one) => one.spanId === spanId)?.name ?? '?')
    const led = linked.length > 0 ? ` -> ${linked.join(', ')}` : ''
    return [`${'  '.repeat(depth)}${span.name}${failed}${led}`, ...drawn(span.spanId, depth + 1)]
  })
}

/** The spans of statements begin with their verb. */
const STATEMENT = /^ *[A-Z]+( [a-z_]+)?$/

it('is one tree, with links where an attempt is repeated, and its id is in the log', async () => {
  const { port } = receiver.address() as AddressInfo
  const stop = await startTracing({ endpoint: `http://127.0.0.1:${port}`, service: 'test' })
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const caller = '00f067aa0ba902b7'
  const { body } = await api.place(anOrder(), { traceparent: `00-${traceId}-${caller}-01` }).expect(202)
  const { db } = system
  await deadline('all is handled', async () => (await db.handledEvent.count()) === 2)
  await project(system, placed)
  await system.stopReactions()
  await stop()

  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]))
  const tree = drawn(caller)
  if (process.env['SHOW_TRACE']) process.stdout.write(`${tree.join('\n')}\n`)
  expect(tree.filter((line) => !STATEMENT.test(line))).toEqual([
    'POST /v1/orders',
    '  commit orders',
    '  publish order.placed',
    '    process inventory.reserve-stock',
    '      call inventory.reserve-stock',
    '        POST payment gateway',
    '      transaction',
    '      publish stock.reserved',
    '        process order.note-stock (failed)',
    '          transaction (failed)',
    '      process order.note-stock -> process order.note-stock',
    '        transaction',
    '  project test.placed',
  ])
  expect(tree).toEqual(
    expect.arrayContaining(['    INSERT events', '        INSERT handled_events', '        INSERT events']),
  )
  const events = await db.event.findMany({ where: { correlationId: body.id as string }, orderBy: { position: 'asc' } })
  expect(events.map(({ traceparent }) => traceparent?.slice(3, 35))).toEqual([traceId, traceId])
  expect(lines.find(({ msg }) => msg.startsWith('an attempt failed'))).toMatchObject({ trace_id: traceId })
})

it('ends in time where the receiver takes connections and never answers', async () => {
  const unanswered: ServerResponse[] = []
  const silent = createServer((_request, response) => void unanswered.push(response))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = silent.address() as AddressInfo
    const stop = await startTracing({ endpoint: `http://127.0.0.1:${port}`, service: 'test' })
    await inSpan('unheard', { root: true }, () => Promise.resolve())
    const began = performance.now()
    await stop()
    expect(performance.now() - began).toBeLessThan(LAST_SPANS_MS + 4_000)
    expect(unanswered).toHaveLength(1)
  } finally {
    for (const response of unanswered) response.writeHead(400, { connection: 'close' }).end() // after which nothing is tried again
    silent.close()
  }
})
