import { once } from 'node:events'
import { pino } from 'pino'
import request from 'supertest'
import { z } from 'zod'
import { defineRoute, Refusal } from '#http'
import { aCaller, deadline, everybodyIs } from '#testing'
import { createApi } from './create-api.ts'
import { createLimits } from './limits/index.ts'

const replies = { 200: { description: 'Yes' } }
const about = { operationId: 'test', summary: 'For the test', tag: 'Test', replies }
const routes = [
  defineRoute({
    ...about,
    method: 'post',
    path: '/v1/things/{id}',
    params: z.object({ id: z.string() }),
    body: z.object({ secret: z.string() }).meta({ id: 'Secret' }),
    handle: ({ params }) => {
      if (params.id === 'broken') throw new Error('a bug')
      if (params.id === 'busy') throw new Refusal('busy', 'too-busy', 'Come back later.', { retryAfterS: 1 })
      return { status: 200, headers: { Location: '/v1/things/1' }, body: { name: 'Größe' } }
    },
  }),
  defineRoute({ ...about, method: 'delete', path: '/v1/things', handle: () => ({ status: 204 }) }),
  defineRoute({
    ...about,
    method: 'get',
    path: '/v1/late',
    handle: () =>
      new Promise((answer) => {
        late.begun()
        late.answer = () => answer({ status: 200, live: listening })
      }),
  }),
]

const late = { begun: () => {}, answer: () => {}, hasLeft: false }
async function* listening(closed: AbortSignal) {
  yield* [] // nothing happens
  if (!closed.aborted) await once(closed, 'abort')
  late.hasLeft = true
}

const logged: Record<string, unknown>[] = []
const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line)) })
const http = request(
  createApi({
    routes,
    keys: everybodyIs(aCaller()),
    limits: createLimits({ perClient: 1_000, perAddress: 1_000 }),
    once: (_request, _route, run) => Promise.resolve(run()),
    log,
  }),
)

const ask = (id: string) =>
  http
    .post(`/v1/things/${id}?page=1`)
    .set({ authorization: 'Bearer the-key', 'x-request-id': `id-${id}` })
    .send({ secret: 'the-secret' })
const seen = (id: string) => logged.filter(({ req }) => (req as { id: string }).id === `id-${id}`)
const linesAbout = (id: string, count: number) =>
  deadline(`${count} lines about ${id}`, () => seen(id).length >= count && seen(id))

describe('what is answered', () => {
  it('is JSON that no browser takes for a page, and no cache keeps', async () => {
    const { status, headers, body } = await ask('1')
    expect([status, body]).toEqual([200, { name: 'Größe' }])
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-length': '18',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'strict-transport-security': expect.stringContaining('max-age='),
      'x-content-type-options': 'nosniff',
      'x-request-id': 'id-1',
      location: '/v1/things/1',
    })
    expect(headers).not.toHaveProperty('x-powered-by')
  })

  it('may be empty', async () => {
    const { status, text, headers } = await http.delete('/v1/things').set('authorization', 'Bearer the-key')
    expect([status, text]).toEqual([204, ''])
    expect(headers).not.toHaveProperty('content-length')
  })

  it('guards the pages of the documentation as pages', async () => {
    const { headers } = await http.get('/docs/')
    expect(headers['content-security-policy']).toContain("script-src 'self'")
    expect(headers).toHaveProperty('x-request-id')
  })
})

it('a stream that is ready too late is not kept', async () => {
  const begun = new Promise<void>((resolve) => (late.begun = resolve))
  const deadlineOfRequests = jest.spyOn(globalThis, 'setTimeout')
  const asked = http
    .get('/v1/late')
    .set('authorization', 'Bearer the-key')
    .then(({ status }) => status)
  await begun
  const [giveUp] = deadlineOfRequests.mock.calls.find(([, ms]) => ms === 5_000)!
  deadlineOfRequests.mockRestore()
  giveUp()
  expect(await asked).toBe(503)
  late.answer()
  await deadline('it is left', () => late.hasLeft)
})

describe('what is logged', () => {
  it('is one line for a request, for debugging, without headers and bodies', async () => {
    await ask('2')
    expect(await linesAbout('2', 1)).toEqual([
      expect.objectContaining({
        level: 30, // what an operator changes; of others it is 20
        msg: 'request answered',
        req: { id: 'id-2', method: 'POST', url: '/v1/things/2', actor: 'test/00000001' },
        res: { statusCode: 200 },
        responseTime: expect.any(Number),
      }),
    ])
    expect(JSON.stringify(logged)).not.toMatch(/the-key|the-secret/)
  })

  it('is a warning where we could not answer', async () => {
    expect((await ask('busy')).status).toBe(503)
    expect(await linesAbout('busy', 1)).toMatchObject([{ level: 40, res: { statusCode: 503 } }])
  })

  it('is the error, with its stack and the id that the caller was told, where it is ours', async () => {
    expect((await ask('broken')).body).toMatchObject({ code: 'internal-error', requestId: 'id-broken' })
    expect(await linesAbout('broken', 2)).toMatchObject([
      { level: 50, msg: 'a request failed', err: { message: 'a bug', stack: expect.any(String) } },
      { level: 40, res: { statusCode: 500 } },
    ])
  })

  it('is nothing for probes', async () => {
    const before = logged.length
    await http.get('/healthz')
    await ask('3')
    await linesAbout('3', 1)
    expect(logged).toHaveLength(before + 1)
  })
})
