import { deadline, testDatabase, type TestDatabase } from '#testing'
import { anOrder, testApi, type TestApi } from '../../testing/api.ts'
import { createOnce, keyRoutes } from '../index.ts'

let database: TestDatabase
let api: TestApi
beforeAll(async () => {
  database = await testDatabase()
  api = await testApi(database, keyRoutes(database))
})
afterAll(async () => {
  await api.close()
  await database.close()
})

const post = (path: string, key: string, body: object) => api.post(path, body).set('idempotency-key', key)
const placed = async () => (await api.place(anOrder())).body.id as string

describe('a change under an Idempotency-Key', () => {
  it('is answered the same again, marked', async () => {
    const path = `/v1/orders/${await placed()}/cancel`
    const first = await post(path, 'again', { reason: 'x' })
    const second = await post(path, 'again', { reason: 'x' })
    expect([first.status, first.headers['idempotency-replayed']]).toEqual([200, undefined])
    expect([second.status, second.headers['idempotency-replayed'], second.text]).toEqual([200, 'true', first.text])
    expect(second.headers['fanfare-after']).toBe(first.headers['fanfare-after'])
    const [kept] = await database.db.idempotencyKey.findMany({ where: { key: 'again' } })
    expect(kept).toMatchObject({ status: 200, answer: null }) // it names the customer
  })

  it('is refused with other content, or for another thing, also for an order', async () => {
    const id = await placed()
    await post(`/v1/orders/${id}/cancel`, 'mine', { reason: 'x' })
    const others = [
      await post(`/v1/orders/${id}/cancel`, 'mine', { reason: 'y' }),
      await post(`/v1/orders/${await placed()}/cancel`, 'mine', { reason: 'x' }),
      await api.place(anOrder(), { 'idempotency-key': 'mine' }),
    ]
    for (const { status, body } of others) expect([status, body.code]).toEqual([422, 'idempotency-key-reused'])
    await api.place(anOrder(), { 'idempotency-key': 'an order' })
    expect((await post(`/v1/orders/${id}/cancel`, 'an order', { reason: 'x' })).body.code).toBe(
      'idempotency-key-reused',
    )
  })

  it('leaves no key behind when it is refused', async () => {
    const missing = '/v1/orders/0199a000-0000-7000-8000-000000000001/cancel'
    expect((await post(missing, 'free', { reason: 'x' })).status).toBe(404)
    expect((await post(`/v1/orders/${await placed()}/cancel`, 'free', { reason: 'x' })).status).toBe(200)
  })

  it('happens once however many ask at once; the others are told to ask again', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('/v1/clients', 'race', { name: 'racer' })))
    expect(await database.db.client.count({ where: { name: 'racer' } })).toBe(1)
    for (const { status, body, headers } of answers) {
      if (status !== 409) expect([status, body.name]).toEqual([201, 'racer'])
      else expect([body.code, headers['retry-after']]).toEqual(['request-under-way', '1'])
    }
    expect((await post('/v1/clients', 'race', { name: 'racer' })).status).toBe(201)
  })

  it('makes a key anew while nobody has used it, so that none is left that nobody knows', async () => {
    await post('/v1/clients', 'a client', { name: 'keeper' })
    const isGood = async ({ body }: { body: { key: string } }) =>
      (await api.http.get('/v1/orders').set('authorization', `Bearer ${body.key}`)).status !== 401
    const make = () => post('/v1/clients/keeper/keys', 'make', { scopes: ['refunds'] })
    const [lost, made] = [await make(), await make()]
    expect([made.status, made.headers['idempotency-replayed'], made.body.id]).toEqual([201, 'true', lost.body.id])
    expect([await isGood(lost), await isGood(made)]).toEqual([false, true])
    const rotate = () => post(`/v1/keys/${made.body.id}/rotate`, 'rotate', { overlapHours: 0 })
    const [lostAgain, rotated] = [await rotate(), await rotate()]
    expect([rotated.status, rotated.body.id]).toEqual([201, lostAgain.body.id])
    expect([await isGood(lostAgain), await isGood(rotated)]).toEqual([false, true])
    await deadline(
      'their use is noted',
      async () => (await database.db.apiKey.count({ where: { client: { name: 'keeper' }, lastUsedAt: null } })) === 0,
    )
    const late = await rotate()
    expect([late.status, late.body.code]).toEqual([409, 'answer-not-kept'])
    expect(late.body.detail).toContain(rotated.body.id)
    expect(await isGood(rotated)).toBe(true)
    const kept = JSON.stringify(await database.db.idempotencyKey.findMany())
    for (const { body } of [lost, made, lostAgain, rotated]) expect(kept).not.toContain(body.key)
  })

  it('makes another key when it is used again after its 30 days', async () => {
    await post('/v1/clients', 'a yearly client', { name: 'yearly' })
    const make = async () => (await post('/v1/clients/yearly/keys', 'yearly', { scopes: ['refunds'] })).body
    const forget = async (ageMs: number) => {
      await database.db.idempotencyKey.deleteMany({ where: { key: 'yearly' } })
      await database.db.apiKey.updateMany({
        where: { client: { name: 'yearly' } },
        data: { createdAt: new Date(Date.now() - ageMs) },
      })
    }
    const first = await make()
    await forget(31 * 86_400_000)
    const second = await make()
    expect(second).toMatchObject({ scopes: ['refunds'], key: expect.any(String) })
    expect(second.id).not.toBe(first.id)
    const isGood = async (key: string) =>
      (await api.http.get('/v1/orders').set('authorization', `Bearer ${key}`)).status !== 401
    expect([await isGood(first.key), await isGood(second.key)]).toEqual([true, true])
    await forget(31 * 86_400_000) // both: a third is made, though the second was made of the same request
    expect(new Set([first.id, second.id, (await make()).id]).size).toBe(3)
  })

  it('makes no second key where a release has answered that did not derive its id from the request', async () => {
    await post('/v1/clients', 'a former client', { name: 'former' })
    const asOfThatRelease = async (label: string) => {
      const id = `0199a000-0000-7000-8000-0000${label}`
      await database.db.$executeRaw`UPDATE api_keys SET id = ${id}::uuid WHERE id::text LIKE ${`%${label}`}`
    }
    const make = () => post('/v1/clients/former/keys', 'former', { scopes: ['refunds'] })
    const { body: made } = await make()
    await asOfThatRelease(made.id)
    const rotate = () => post(`/v1/keys/${made.id}/rotate`, 'rotate former', { overlapHours: 1 })
    const { body: rotated } = await rotate()
    await asOfThatRelease(rotated.id)
    for (const { status, body } of [await make(), await rotate()])
      expect([status, body.code]).toEqual([409, 'answer-not-kept'])
    expect(await database.db.apiKey.count({ where: { client: { name: 'former' } } })).toBe(2)
  })

  it('is carried out again when its process died before it had an answer', async () => {
    const request = { clientId: '00000000-0000-0000-0000-000000000007', key: 'died', content: ['x'] }
    const once = createOnce(database.db)
    const never = new Promise<never>(() => {})
    await new Promise((begun) => void once(request, {}, () => (begun(undefined), never)))
    const again = () => once(request, {}, () => ({ status: 200, body: 'done' }))
    await expect(again()).rejects.toMatchObject({ code: 'request-under-way' })
    await database.db.idempotencyKey.updateMany({
      where: { key: 'died' },
      data: { createdAt: new Date(Date.now() - 11_000) },
    })
    expect(await again()).toEqual({ status: 200, body: 'done' })
  })
})
