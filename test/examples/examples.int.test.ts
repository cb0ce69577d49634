// Sends the example of every operation of the API to a shop in which the things exist that they name. What is answered is what
// the OpenAPI document shows: RECORD_EXAMPLES=1 npm test -- test/examples
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import type { Route } from '#http'
import { fanfare } from '../../examples/client/fanfare.ts'
import { ANSWERS, recordedAnswers, type RecordedAnswer } from '../../src/api/openapi/answers.ts'
import { openApiDocument } from '../../src/api/openapi/openapi.ts'
import { asRecorded, shapeOf } from './as-recorded.ts'
import { openShop, type Shop } from './shop.ts'
import { makeThings, type Makers } from './things.ts'

interface Documented {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, unknown> }> }>>
}

let shop: Shop
let makers: Makers
beforeAll(async () => {
  shop = await openShop()
  makers = await makeThings(shop)
})
afterAll(() => shop?.close())

interface Sent {
  method: string
  url: string
  body: string | undefined
  bodyType: string
  /** What was put in the place of what stands in the example. */
  standIns: Map<string, string>
}

/** The example with real things in it. */
async function requestOf({ method, path, example, lines }: Route): Promise<Sent> {
  const { params, query, body } = (example ?? {}) as Record<string, Record<string, unknown> | undefined>
  const where = path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(String(params?.[name])))
  const asked = new URLSearchParams(
    Object.entries(query ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
  )
  let request = JSON.stringify({ url: asked.size > 0 ? `${where}?${asked.toString()}` : where, body })
  const standIns = new Map<string, string>()
  for (const [shown, make] of Object.entries(makers)) {
    if (!request.includes(shown)) continue
    const real = await make()
    standIns.set(real, shown)
    request = request.replaceAll(shown, real)
  }
  const { url, body: content } = JSON.parse(request) as { url: string; body?: unknown }
  return {
    method: method.toUpperCase(),
    url,
    body: content === undefined ? undefined : JSON.stringify(content),
    bodyType: lines ? 'application/x-ndjson' : 'application/json',
    standIns,
  }
}

interface Answer {
  status: number
  type: string
  text: string
}

async function send({ method, url, body, bodyType }: Sent): Promise<Answer> {
  const closed = new AbortController()
  const headers = { authorization: `Bearer ${shop.api.key}`, ...(body && { 'content-type': bodyType }) }
  const answer = await fetch(shop.api.url + url, { method, headers, body: body ?? null, signal: closed.signal })
  const type = answer.headers.get('content-type')?.split(';')[0] ?? ''
  if (type !== 'text/event-stream') return { status: answer.status, type, text: await answer.text() }
  closed.abort() // it would go on for ever
  return { status: answer.status, type, text: '' }
}

/** What is wrong with an answer; undefined when nothing is. */
function faultOf({ replies }: Route, { status, type, text }: Answer, documented: Documented['paths'][string][string]) {
  const response = documented?.responses[String(status)]
  if (!response) return `${status} is not documented: ${text}`
  if (status >= 300) return `refused: ${text}`
  const types = Object.keys(response.content ?? {})
  if (type !== '' && !types.includes(type)) return `${type} is not documented, only ${types.join()}`
  const schema = replies[status]?.schema
  const parsed = type === 'application/json' && schema?.safeParse(JSON.parse(text))
  return parsed && !parsed.success ? parsed.error.message : undefined
}

it('the example of every operation works as it stands', async () => {
  const document = openApiDocument(shop.routes) as unknown as Documented
  const faults: string[] = []
  const answers: Record<string, RecordedAnswer> = {}
  for (const route of shop.routes) {
    const { operationId, method, path, replies } = route
    const request = await requestOf(route)
    const answer = await send(request)
    const fault = faultOf(route, answer, document.paths[path]![method]!)
    if (fault) faults.push(`${operationId}: ${fault}`)
    else if (replies[answer.status]?.schema)
      answers[operationId] = { status: answer.status, body: asRecorded(JSON.parse(answer.text), request.standIns) }
  }
  expect(faults).toEqual([])
  if (process.env['RECORD_EXAMPLES']) record(answers)
})

/** Only what has another shape is written anew: each run has other times and counts. */
function record(answers: Record<string, RecordedAnswer>): void {
  const before = recordedAnswers()
  const kept = Object.entries(answers).map(([operation, answer]) => {
    const old = before[operation]
    return [operation, old && shapeOf(old) === shapeOf(answer) ? old : answer]
  })
  writeFileSync(ANSWERS, JSON.stringify(Object.fromEntries(kept), null, 2))
  spawnSync('node_modules/.bin/prettier', ['--write', ANSWERS])
}

it('the typed client quotes, places, finds and cancels an order', async () => {
  const client = fanfare(shop.api.url, shop.api.key)
  const lines = [{ sku: 'MUG-01', quantity: 2 }]
  const { data: quote } = await client.POST('/v1/quotes', { body: { lines, shippingAddress: { country: 'GB' } } })
  const { data: order } = await client.POST('/v1/orders', {
    params: { header: { 'Idempotency-Key': 'from-the-client' } },
    body: {
      customer: { name: 'Ada Lovelace', email: 'ada@example.com' },
      shippingAddress: { line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' },
      lines,
      payment: { token: 'pm_card_visa' },
    },
  })
  expect(order!.total).toEqual(quote!.total)
  const params = { path: { id: order!.id } }
  const cancelled = await client.POST('/v1/orders/{id}/cancel', { params, body: { reason: 'Ordered by mistake' } })
  expect(cancelled.data!.status).toBe('cancelled')
  const { data: page } = await client.GET('/v1/orders', { params: { query: { status: 'cancelled' } } })
  expect(page!.orders.map(({ id }) => id)).toContain(order!.id)
  const late = client.POST('/v1/orders/{id}/return', { params })
  await expect(late).rejects.toMatchObject({ name: 'Refused', code: 'order-not-returnable' })
})
