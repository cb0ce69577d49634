import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { deadline } from '#testing'
import { compile } from '../../dev/processes/compiled.ts'
import { startGateway, type RunningGateway } from './server.ts'

let dataDirectory: string
let gateway: RunningGateway
beforeAll(async () => {
  dataDirectory = await mkdtemp(path.join(tmpdir(), 'gateway-'))
  gateway = await startGateway({ port: 0, dataDirectory, hangMs: 60_000, slowMs: 1_500 })
})
afterAll(async () => {
  await gateway.close()
  await rm(dataDirectory, { recursive: true })
})

let keys = 0
interface Body {
  id: string
  state: string
  error: { code: string; decline_code?: string; state?: string }
}

async function post(
  pathname: string,
  body: object = {},
  { key = `key-${++keys}`, url = gateway.url, signal = AbortSignal.timeout(30_000) } = {},
) {
  const response = await fetch(url + pathname, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
    signal,
  })
  return { status: response.status, body: (await response.json()) as Body }
}
const get = async (pathname: string, url = gateway.url) => (await fetch(url + pathname)).json() as Promise<never>

const listed = async (query: string) => {
  const { data } = (await get(`/v1/authorizations?${query}`)) as { data: Body[] }
  return data
}

const order = (token: string, reference = 'order-1') => ({ amount: 2_500, currency: 'GBP', token, reference })
const authorize = async (token = 'pm_card_visa') => (await post('/v1/authorizations', order(token))).body.id

test.each(['pm_card_visa', 'pm_card_mastercard', 'pm_card_amex', 'pm_card_gb'])('%s is approved', async (token) => {
  const { status, body } = await post('/v1/authorizations', order(token))
  expect(status).toBe(201)
  expect(body).toMatchObject({ state: 'authorized', amount: 2_500, currency: 'GBP', reference: 'order-1' })
  expect(await get(`/v1/authorizations/${body.id}`)).toEqual(body)
})

test.each([
  ['pm_card_chargeDeclined', 402, 'card_declined', 'generic_decline'],
  ['pm_card_visa_chargeDeclined', 402, 'card_declined', 'generic_decline'],
  ['pm_card_chargeDeclinedInsufficientFunds', 402, 'card_declined', 'insufficient_funds'],
  ['pm_card_chargeDeclinedExpiredCard', 402, 'card_declined', 'expired_card'],
  ['pm_card_radarBlock', 402, 'card_declined', 'fraudulent'],
  ['pm_card_nonsense', 400, 'invalid_token', undefined],
  ['constructor', 400, 'invalid_token', undefined],
])('%s is answered %i %s', async (token, status, code, declineCode) => {
  const answer = await post('/v1/authorizations', order(token))
  expect(answer.status).toBe(status)
  expect(answer.body.error.code).toBe(code)
  expect(answer.body.error.decline_code).toBe(declineCode)
})

test('money is held, taken and given back, once each', async () => {
  const id = await authorize()
  expect((await post(`/v1/authorizations/${id}/refund`)).status).toBe(409)
  expect((await post(`/v1/authorizations/${id}/capture`)).body.state).toBe('captured')
  const again = await post(`/v1/authorizations/${id}/void`)
  expect(again).toMatchObject({ status: 409, body: { error: { code: 'unexpected_state', state: 'captured' } } })
  expect((await post(`/v1/authorizations/${id}/refund`)).body.state).toBe('refunded')
  expect((await post(`/v1/authorizations/${id}/refund`)).status).toBe(409)
})

test('money is given back in parts, and never more than was taken', async () => {
  const id = await authorize()
  await post(`/v1/authorizations/${id}/capture`)
  const first = await post(`/v1/authorizations/${id}/refund`, { amount: 1 })
  const { amount } = first.body as unknown as { amount: number }
  const rest = amount - 1
  const tooMuch = await post(`/v1/authorizations/${id}/refund`, { amount: rest + 1 })
  expect(tooMuch).toMatchObject({ status: 409, body: { error: { code: 'amount_too_large', state: 'captured' } } })
  expect((await post(`/v1/authorizations/${id}/refund`, { amount: 0 })).status).toBe(400)
  expect((await post(`/v1/authorizations/${id}/refund`)).body).toMatchObject({ state: 'refunded', refunded: amount })
  expect((await post(`/v1/authorizations/${id}/refund`, { amount: 1 })).status).toBe(409)
})

test('a key stands for one request: the same again gets the same answer, another one is refused', async () => {
  const first = await post('/v1/authorizations', order('pm_card_visa'), { key: 'once' })
  expect(await post('/v1/authorizations', order('pm_card_visa'), { key: 'once' })).toEqual(first)
  const other = await post('/v1/authorizations', { ...order('pm_card_visa'), amount: 1 }, { key: 'once' })
  expect(other).toMatchObject({ status: 400, body: { error: { code: 'idempotency_error' } } })
})

test('20 equal requests at once hold the money once', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => post('/v1/authorizations', order('pm_card_visa', 'twenty'), { key: 'twenty' })),
  )
  const held = answers.filter(({ status }) => status === 201)
  expect(new Set(held.map(({ body }) => body.id)).size).toBe(1)
  for (const { status, body } of answers.filter((answer) => !held.includes(answer)))
    expect([status, body.error.code]).toEqual([409, 'idempotency_key_in_use'])
  expect(await listed('reference=twenty')).toHaveLength(1)
})

test('pm_sandbox_slow: the key is in use until the first request is answered, also when its caller has gone', async () => {
  const ask = (signal?: AbortSignal) =>
    post('/v1/authorizations', order('pm_sandbox_slow', 'slow'), { key: 'slow', signal })
  const impatient = new AbortController()
  const first = ask(impatient.signal).catch((error: Error) => error.message)
  const second = ask() // comes behind the first one, to the same process
  expect(await second).toMatchObject({ status: 409, body: { error: { code: 'idempotency_key_in_use' } } })
  impatient.abort(new Error('enough'))
  expect(await first).toBe('enough')
  const answered = await deadline('answered', async () => {
    const answer = await ask()
    return answer.status === 201 && answer
  })
  expect(await ask()).toEqual(answered)
  expect(await listed('reference=slow')).toHaveLength(1)
})

test.each([
  ['is not understood', { ...order('pm_card_visa'), amount: -1 }],
  ['has an unknown payment method', order('pm_card_viza')],
])('a request that %s leaves its key free for the corrected one', async (why, wrong) => {
  expect((await post('/v1/authorizations', wrong, { key: why })).status).toBe(400)
  expect((await post('/v1/authorizations', order('pm_card_visa'), { key: why })).status).toBe(201)
})

test('pm_sandbox_flaky fails twice, then works', async () => {
  const statuses = []
  for (let i = 0; i < 4; i++)
    statuses.push((await post('/v1/authorizations', order('pm_sandbox_flaky'), { key: 'flaky' })).status)
  expect(statuses).toEqual([500, 500, 201, 201])
})

test('pm_sandbox_timeout holds the money without saying so; asked again, it says so', async () => {
  const ask = (signal?: AbortSignal) =>
    post('/v1/authorizations', order('pm_sandbox_timeout', 'late'), { key: 'late', signal })
  const impatient = new AbortController()
  const first = ask(impatient.signal).catch((error: Error) => error.message)
  await deadline('the money is held', async () => (await listed('reference=late')).length === 1)
  impatient.abort(new Error('enough'))
  expect(await first).toBe('enough')
  expect((await ask()).status).toBe(201)
  expect(await listed('reference=late')).toHaveLength(1)
})

test('lists authorizations by state and time, newest first, page by page', async () => {
  const before = new Date().toISOString()
  const ids: string[] = []
  for (let i = 0; i < 5; i++) ids.unshift(await authorize())
  await post(`/v1/authorizations/${ids[1]}/void`)
  const open = ids.filter((id) => id !== ids[1])
  const query = `state=authorized,captured&created_from=${before}`
  expect((await listed(query)).map(({ id }) => id)).toEqual(open)
  expect(await get(`/v1/authorizations?${query}&limit=2`)).toMatchObject({ data: [{}, {}], has_more: true })
  const second = await get(`/v1/authorizations?${query}&limit=2&starting_after=${open[1]}`)
  expect(second).toMatchObject({ data: [{ id: open[2] }, { id: open[3] }], has_more: false })
})

test('pm_sandbox_captureFail can be held but not taken', async () => {
  const id = await authorize('pm_sandbox_captureFail')
  const refused = await post(`/v1/authorizations/${id}/capture`)
  expect(refused).toMatchObject({ status: 402, body: { error: { decline_code: 'capture_failed' } } })
  expect((await post(`/v1/authorizations/${id}/void`)).body.state).toBe('voided')
})

test.each([
  ['{', 400],
  ['null', 400],
  ['{"amount":-1,"currency":"GBP","token":"pm_card_visa","reference":"x"}', 400],
  ['x'.repeat(70_000), 413],
])('broken requests are refused (%#)', async (body, status) => {
  const headers = { 'idempotency-key': `broken-${++keys}` }
  const response = await fetch(`${gateway.url}/v1/authorizations`, { method: 'POST', headers, body })
  expect(response.status).toBe(status)
})

test('a request without a key is refused', async () => {
  const response = await fetch(`${gateway.url}/v1/authorizations`, { method: 'POST', body: '{}' })
  expect(response.status).toBe(400)
})

describe('killed with -9', () => {
  let child: ChildProcess | undefined
  let folder: string
  beforeAll(async () => (folder = await mkdtemp(path.join(tmpdir(), 'gateway-'))))
  afterAll(async () => {
    child?.kill('SIGKILL')
    await rm(folder, { recursive: true })
  })

  async function start(): Promise<string> {
    const args = (await compile())('sandbox/payment-gateway/main.ts')
    const env = { ...process.env, GATEWAY_PORT: '0', GATEWAY_DATA: folder }
    child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(child.stdout!, 'data')) as [Buffer]
    return /http:\S+\d/.exec(line.toString())![0]
  }

  test('it has forgotten nothing that it had answered for, and cuts off a torn line', async () => {
    const first = await start()
    const held = await post('/v1/authorizations', order('pm_card_visa'), { key: 'held', url: first })
    await post(`/v1/authorizations/${held.body.id}/capture`, {}, { key: 'taken', url: first })
    await post('/v1/authorizations', order('pm_card_chargeDeclined'), { key: 'declined', url: first })
    await post('/v1/authorizations', order('pm_sandbox_flaky'), { key: 'flaky', url: first })
    const totals = await get('/v1/totals', first)
    child!.kill('SIGKILL')
    await once(child!, 'exit')
    await appendFile(path.join(folder, 'journal.jsonl'), '{"at":"2026-')

    const second = await start()
    expect(await get('/v1/totals', second)).toEqual(totals)
    expect(totals).toMatchObject({ GBP: { authorized: { count: 1, amount: 2_500 }, captured: { count: 1 } } })
    expect(await post('/v1/authorizations', order('pm_card_visa'), { key: 'held', url: second })).toEqual(held)
    const flaky = () => post('/v1/authorizations', order('pm_sandbox_flaky'), { key: 'flaky', url: second })
    expect([(await flaky()).status, (await flaky()).status]).toEqual([500, 201])
    await post(`/v1/authorizations/${held.body.id}/refund`, {}, { key: 'back', url: second })
    const journal = await readFile(path.join(folder, 'journal.jsonl'), 'utf8')
    expect(() =>
      journal
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).not.toThrow()
  })
})
