import { OrderConfirmed } from '#events'
import { append, rollUp } from '#messaging'
import { deadline, type TestSystem } from '#testing'
import { createClient, issueKey, issueLink } from '../api/index.ts'
import { anOrder, type TestApi } from '../testing/api.ts'
import { mailServer, operatedSystem } from '../testing/operators.ts'
import type { Metrics } from './contract/index.ts'

let system: TestSystem
let api: TestApi
let close = async () => {}

beforeAll(async () => {
  ;({ system, api, close } = await operatedSystem())
})
afterAll(() => close())

const letters = '/v1/admin/dead-letters/test.mailing'

it('leads from what fails to its repair, which is on record', async () => {
  mailServer.state = 'refuses'
  const { body: order } = await api.place(anOrder())
  await deadline('it is dead', async () => (await system.db.delivery.count({ where: { state: 'dead' } })) === 1)

  const overview = await api.get('/v1/admin/overview')
  expect(overview.status).toBe(200)
  const [failure] = overview.body.failures
  expect(failure).toMatchObject({ kind: 'dead', orders: 1, example: order.id, repair: { action: 'redrive' } })
  expect(failure).toMatchObject({
    failureClass: 'data',
    advice: 'edit',
    changed: expect.stringMatching(/^The message was/),
  })
  expect(overview.body.running).toEqual({ processes: [], sentence: null })
  expect(failure.sentence).toMatch(/^test.mailing and order.placed: given up after 1 attempt: .*refuses everybody$/)
  expect(overview.body.deliveries).toMatchObject({ dead: 1 })
  expect(overview.body.health).toMatchObject([
    { name: 'PostgreSQL', state: 'ok' },
    { name: 'RabbitMQ', state: 'ok', detail: expect.stringMatching(/^RabbitMQ \d\S+ answers in/) },
    { name: 'Redis', state: 'away', detail: 'Does not answer: nobody listens' },
    { name: 'Relay', state: 'ok' },
    { name: 'Scheduler', state: 'away' },
    { name: 'Projections', state: 'ok' },
  ])

  const { body: page } = await api.get(`/v1/admin/orders/${order.id}`)
  expect(page.standing).toMatchObject({ finished: false, failures: [{ kind: 'dead' }] })
  expect(page.picture.lanes).toMatchObject([
    { reaction: '', published: [{ type: 'order.placed' }] },
    { reaction: 'test.mailing', deliveries: [{ state: 'dead', marks: [{ what: 'dead' }] }] },
  ])
  const eventId = page.story.events[0].id
  expect((await api.get(`/v1/admin/orders?q=${eventId}`)).body).toMatchObject({
    found: 'event',
    orders: [{ id: order.id }],
  })

  expect((await api.get(`/v1/admin/orders?q=${order.number}`)).body).toMatchObject({
    found: 'order',
    orders: [{ id: order.id, number: order.number }],
  })

  expect((await api.get('/v1/admin/orders')).body).toMatchObject({
    found: 'latest',
    orders: [{ id: order.id, number: order.number }],
  })

  const { body: groups } = await api.get(`${letters}/groups`)
  expect(groups.groups).toMatchObject([{ count: 1, eventType: 'order.placed', failureClass: 'data', running: [] }])
  const [group] = groups.groups
  const { body: listed } = await api.get(`${letters}/letters?group=${group.fingerprint}`)
  expect(listed).toMatchObject({ letters: [{ id: group.exampleId, eventId }], next: null })
  const { body: letter } = await api.get(`${letters}/letters/${group.exampleId}`)
  expect(letter).toMatchObject({ state: 'dead', standing: 'not handled' })
  expect(JSON.stringify(letter)).not.toContain('ada@example.com')

  const selected = { group: group.fingerprint }
  expect((await api.post(`${letters}/plan`, selected)).body).toMatchObject({ total: 1, alreadyHandled: 0 })
  expect((await api.post(`${letters}/redrive`, selected)).body).toMatchObject({ code: 'validation-failed' }) // why?
  expect((await api.post(`${letters}/plan`, {})).body).toMatchObject({ code: 'refused' })
  mailServer.state = 'works'
  const redriven = await api.post(`${letters}/redrive`, { ...selected, reason: 'the mail server is back', canary: 1 })
  expect(redriven.status).toBe(202)
  const action = `/v1/admin/actions/${redriven.body.actionId}`
  await deadline('it ends', async () => (await api.get(action)).body.finishedAt !== null)
  expect((await api.get(action)).body).toMatchObject({
    action: 'redrive',
    operator: expect.stringMatching(/^test\/[0-9a-f]{8}$/),
    reason: 'the mail server is back',
    outcome: 'done',
    result: { sent: 1, handled: 1 },
    progress: { handled: 1, deadAgain: 0 },
  })
  expect((await api.post(`${letters}/redrive`, { ...selected, reason: 'again' })).body).toMatchObject({
    code: 'nothing-selected',
  })
  expect((await api.get(`/v1/admin/orders/${order.id}`)).body.standing.finished).toBe(true)
})

it('edits a dead letter after a dry run, keeps others’ edits, hides personal data, and undoes it', async () => {
  await deadline('it is quiet', async () => (await system.db.delivery.count({ where: { state: 'dead' } })) === 0)
  mailServer.state = 'refuses'
  await api.place(anOrder())
  const dead = await deadline('it is dead', () => system.db.delivery.findFirst({ where: { state: 'dead' } }))
  mailServer.state = 'works'
  const letter = `${letters}/letters/${dead.id}`
  const { body: draft } = await api.get(`${letter}/draft`)
  expect(draft).toMatchObject({ editedAt: null, changes: [], data: { customer: { name: '•••' } } })
  const edited = { ...draft.data, total: { ...draft.data.total, amount: 7 } }
  const check = async (data: unknown) => (await api.post(`${letter}/check-edit`, { data })).body
  const changes = [{ pointer: '/total/amount', before: draft.data.total.amount, after: 7 }]
  expect(await check(edited)).toEqual({ fits: true, problem: null, changes })
  expect(await check(draft.data)).toMatchObject({ fits: false, problem: expect.stringMatching(/Nothing is different/) })
  expect(await check({ ...draft.data, total: 'x' })).toMatchObject({
    fits: false,
    problem: expect.stringMatching(/\/total/),
  })
  expect(await check({ ...draft.data, lines: ['•••'] })).toMatchObject({ fits: false })

  const edit = { data: edited, basedOn: null, reason: 'a wrong sum' }
  expect((await api.post(`${letter}/edit`, { ...edit, data: {} })).body).toMatchObject({ code: 'does-not-fit' })
  expect((await api.post(`${letter}/edit`, edit)).status).toBe(200)
  expect((await api.post(`${letter}/edit`, edit)).body).toMatchObject({ code: 'refused' }) // that of somebody else is there
  const { body: again } = await api.get(`${letter}/draft`)
  expect(again).toMatchObject({ changes, data: { total: { amount: 7 } }, stored: draft.data })
  const { body } = await system.db.delivery.findUniqueOrThrow({ where: { id: dead.id } })
  expect(Buffer.from(body!).toString()).not.toMatch(/•••|ada@/)

  expect((await api.post(`${letter}/undo-edit`, { reason: 'it was right' })).status).toBe(200)
  expect((await api.get(`${letter}/draft`)).body).toEqual(draft)
  expect((await api.post(`${letter}/undo-edit`, { reason: 'once more' })).body).toMatchObject({ code: 'refused' })
  const actions = await system.db.operatorAction.findMany({
    where: { phase: 'finished', outcome: 'done' },
    orderBy: { id: 'asc' },
  })
  expect(actions.slice(-2)).toMatchObject([
    { action: 'edit', operator: expect.stringMatching(/^test\//), reason: 'a wrong sum' },
    { action: 'undo-edit', reason: 'it was right' },
  ])
  await api.post(`${letters}/discard`, { ids: [dead.id], reason: 'a test' })
})

it('tells each reaction with its figures', async () => {
  const { body } = await api.get('/v1/admin/reactions')
  expect(body.reactions).toMatchObject([{ reaction: 'test.mailing', known: true, eventTypes: ['order.placed'] }])
})

it('plans a replay, carries it out, and refuses what it cannot do', async () => {
  await system.settled()
  const replays = '/v1/admin/reactions/test.mailing'
  expect((await api.post(`${replays}/plan-replay`, {})).body).toMatchObject({
    delivered: 0,
    handled: 1,
    callsOut: true,
  })
  expect((await api.post('/v1/admin/reactions/test.nobody/plan-replay', {})).body).toMatchObject({ code: 'refused' })
  const { status, body } = await api.post(`${replays}/replay`, { reason: 'nothing is missing' })
  expect(status).toBe(202)
  const action = () => api.get(`/v1/admin/actions/${body.actionId}`)
  await deadline('it ends', async () => (await action()).body.finishedAt !== null)
  expect((await action()).body).toMatchObject({ action: 'replay', outcome: 'done', result: { sent: 0 } })
})

it('runs the audit, and keeps what it found', async () => {
  const looks = () => api.get('/v1/admin/audit')
  expect((await looks()).body).toEqual({ running: false, latest: null })
  expect((await api.post('/v1/admin/audit', { reason: 'after an outage' })).status).toBe(202)
  await deadline('it ends', async () => (await looks()).body.latest !== null)
  const { latest } = (await looks()).body
  expect(latest).toMatchObject({ operator: expect.stringMatching(/^test\//) })
  expect(latest.findings).toContainEqual(
    expect.objectContaining({ invariant: 'order-is-the-fold-of-its-stream', count: 0, offenders: [] }),
  )
})

it('says what an order waits for that its reaction puts off', async () => {
  mailServer.state = 'is busy'
  const { body: order } = await api.place(anOrder())
  await deadline(
    'it is put off',
    async () => (await system.db.delivery.count({ where: { reason: 'retry-later' } })) === 1,
  )
  const { standing } = (await api.get(`/v1/admin/orders/${order.id}`)).body
  expect(standing).toMatchObject({ finished: false, failures: [{ kind: 'postponed', severity: 'warning' }] })
  expect(standing.sentence).toMatch(/^test.mailing and order.placed: waits, .*: other mails are under way$/)
  mailServer.state = 'works'
  await system.settled()
})

it('is for operators alone', async () => {
  const client = await createClient(system.db, 'shop')
  const { key } = await issueKey(system.db, client, { scopes: ['orders:read', 'orders:write', 'analytics'] })
  const { status, body } = await api.http.get('/v1/admin/overview').set({ authorization: `Bearer ${key}` })
  expect([status, body.code]).toEqual([403, 'missing-scope'])
  const signIn = await api.http.post('/v1/admin/session').send({ key })
  expect([signIn.status, signIn.body.code]).toEqual([403, 'missing-scope'])
})

it('signs a browser in by a link, once; its cookie changes nothing at the wish of another page', async () => {
  const link = await issueLink(system.db, 'ada')
  const asKey = await api.http.get('/v1/admin/overview').set({ authorization: `Bearer ${link}` })
  expect([asKey.status, asKey.body.code]).toEqual([403, 'missing-scope'])
  const signedIn = await api.http.post('/v1/admin/session').send({ link })
  expect(signedIn.status).toBe(200)
  const [cookie] = signedIn.headers['set-cookie'] as unknown as string[]
  expect(cookie).toMatch(/^fanfare_session=\S+; Path=\/v1; HttpOnly; SameSite=Strict; Max-Age=43200$/)
  const again = await api.http.post('/v1/admin/session').send({ link })
  expect([again.status, again.body.code]).toEqual([401, 'link-used'])

  const session = { cookie: cookie!.split(';')[0]! }
  const [, keyOfSession] = session.cookie.split('=')
  const prolonged = await api.http.post('/v1/admin/session').send({ link: keyOfSession })
  expect([prolonged.status, prolonged.body.code]).toEqual([401, 'link-used'])
  expect((await api.http.get('/v1/admin/session').set(session)).body).toMatchObject({ client: 'console' })
  const plan = () => api.http.post(`${letters}/plan`).set(session)
  const foreign = await plan().send({ all: true })
  expect([foreign.status, foreign.body.code]).toEqual([403, 'foreign-request'])
  expect((await plan().set('x-fanfare-console', '1').send({ all: true })).status).toBe(200)
  const elsewhere = { 'x-fanfare-console': '1', 'sec-fetch-site': 'cross-site' }
  expect((await plan().set(elsewhere).send({ all: true })).status).toBe(403)
})

it('streams what the relay publishes, and goes on where a connection ended', async () => {
  const listen = new AbortController()
  const headers = { authorization: `Bearer ${api.key}`, 'last-event-id': '0' }
  const answer = await fetch(`${api.url}/v1/admin/live`, { headers, signal: listen.signal })
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  let told = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body!) {
    told += decoder.decode(chunk as Uint8Array, { stream: true })
    if (/event: events\n/.test(told) && /event: overview\n/.test(told)) break
  }
  listen.abort()
  expect(told).toMatch(/^id: \d+\nevent: events\ndata: \[\{.*"type":"order.placed"/m)
})

it('says what runs by the clock, and what of it failed', async () => {
  const { db } = system
  await db.scheduleRun.create({
    data: {
      name: 'test.fail',
      everyMs: 3_600_000,
      instance: 'one',
      finishedAt: new Date(),
      outcome: 'failed',
      failures: 2,
      failedAt: new Date(),
      error: 'Error: a cable',
    },
  })
  const { status, body } = await api.get('/v1/admin/schedules')
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { schedules: [{ name: 'test.fail', state: 'failed', everySeconds: 3_600, failures: 2 }] },
  })
})

it('tells what happened in the past, also when it is counted late', async () => {
  const { db, broker, names } = system
  const spans = [{ name: 'confirmed', from: 'order.placed', to: 'order.confirmed' }]
  await system.stopReactions()
  const { body: order } = await api.place(anOrder())
  const event = OrderConfirmed({ ...OrderConfirmed.example!, orderId: order.id })
  await db.$transaction((tx) => append(tx, [{ event, correlationId: order.id }]))
  const now = Math.ceil(Date.now() / 10_000) * 10 + 10
  // Of a clock that was ahead for a while: what comes after it is counted all the same.
  await db.$executeRaw`INSERT INTO metric_rollups (step, at, figures) VALUES (10, now() + interval '1 year', '{}')`
  const path = `/v1/admin/metrics?step=300&to=${new Date(now * 1_000).toISOString()}`
  const points = async () => ((await api.get(path)).body as Metrics).points
  const atLast = await deadline('what waits on the queue is told', async () => {
    await rollUp({ db, broker, names, spans, now })
    const waits = (await points()).map(({ waiting }) => waiting['test.mailing']).find((one) => one?.oldestMs)
    return waits
  })
  expect(atLast).toMatchObject({ queued: 1, replicas: 0, dead: 0 })

  const counts = async () => {
    const all = await points()
    const sum = (of: (point: Metrics['points'][number]) => number | undefined) =>
      all.reduce((total, point) => total + (of(point) ?? 0), 0)
    return {
      placed: sum(({ published }) => published['order.placed']),
      confirmed: sum((point) => point.spans['confirmed']?.count),
      handled: sum(({ reactions }) => reactions['test.mailing']?.handled),
      critical: sum(({ reactions }) => reactions['test.mailing']?.critical.count),
      dead: sum(({ reactions }) => reactions['test.mailing']?.dead),
    }
  }
  const handled = await db.handledEvent.count()
  const counted = {
    placed: await db.event.count({ where: { type: 'order.placed' } }),
    confirmed: 1,
    handled,
    critical: handled,
    dead: await db.deliveryHistory.count({ where: { what: 'dead' } }),
  }
  expect(await counts()).toEqual(counted)
  await rollUp({ db, broker, names, spans, now: now + 10 })
  expect(await counts()).toEqual(counted)

  const told = async (reactions: string) => {
    const { body } = await api.get(`${path}&reactions=${reactions}`)
    return (body as Metrics).points.map((point) => [point.reactions, point.waiting, point.published])
  }
  const all = await points()
  expect(all.at(-1)).toMatchObject({ seconds: Math.min(300, now + 10 - Date.parse(all.at(-1)!.at) / 1_000) })
  const one = <Figures>(figures: Record<string, Figures>) => named(figures, 'test.mailing')
  expect(await told('none')).toEqual(all.map(({ waiting, published }) => [{}, waiting, published]))
  expect(await told('test.mailing')).toEqual(all.map((of) => [one(of.reactions), one(of.waiting), of.published]))
  expect(await told('test.nobody')).toEqual(all.map(({ published }) => [{}, {}, published]))

  const refused = await api.get('/v1/admin/metrics?step=15')
  expect([refused.status, refused.body.code]).toEqual([422, 'step-does-not-fit'])
})

/** The one of that name, where there is one. */
const named = <Figures>(figures: Record<string, Figures>, name: string) =>
  name in figures ? { [name]: figures[name] } : {}
