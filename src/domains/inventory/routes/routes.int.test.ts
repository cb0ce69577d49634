import { readStream } from '#messaging'
import { testDatabase, type TestDatabase } from '#testing'
import { apply } from '../../../audit/invariant.ts'
import { stockInvariants } from '../../../audit/invariants/stock.ts'
import { testApi, type TestApi } from '../../../testing/api.ts'
import { wrongStock } from '../invariants.ts'
import { keepReservations } from '../keep-reservations.ts'

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
afterEach(async () => {
  expect(await wrongStock(database.db)).toEqual([])
  const limits = { patienceMs: 0, list: 5 }
  const looked = stockInvariants.filter(({ name }) => /booked|conserved|fact/.test(name))
  for (const invariant of looked) expect((await apply(database.db, invariant, limits)).offenders).toEqual([])
})

const receive = (body: object, headers: Record<string, string> = {}) =>
  api.post('/v1/stock/receipts', body).set(headers)
const correct = (body: object) => api.post('/v1/stock/corrections', body)
const stockAt = async (sku: string) => (await api.get(`/v1/products/${sku}/stock`)).body
const got = (sku: string, quantity: number) => ({ lines: [{ sku, quantity }] })
const counted = (sku: string, change: number) => ({ lines: [{ sku, change }], reason: 'Counted' })
const reserve = (sku: string, quantity: number) =>
  database.db.$transaction((tx) =>
    keepReservations(tx, [{ kind: 'placed', orderId: crypto.randomUUID(), lines: [{ sku, quantity }] }], new Date()),
  )

it('books a receipt once for its id, or for its key, as an event with who and why', async () => {
  const note = {
    id: 'note-1',
    lines: [
      { sku: 'POT', quantity: 5 },
      { sku: 'CUP', quantity: 2 },
    ],
    reason: 'Delivery',
  }
  const first = await receive(note)
  const lines = [
    { sku: 'CUP', quantity: 2 },
    { sku: 'POT', quantity: 5 },
  ]
  expect(first).toMatchObject({
    status: 201,
    body: { id: 'note-1', lines, reason: 'Delivery', by: expect.stringMatching(/^test\//) },
  })
  expect((await receive(note)).body).toEqual(first.body)
  expect(await receive({ ...note, reason: 'Another' })).toMatchObject({ status: 409, body: { code: 'id-reused' } })
  const key = { 'idempotency-key': 'receipt-2' }
  const second = await receive(got('POT', 1), key)
  expect((await receive(got('POT', 1), key)).body).toEqual(second.body)
  expect(await stockAt('POT')).toEqual({ sku: 'POT', received: 6, corrected: 0, onHand: 6, reserved: 0, shipped: 0 })
  const { clientId } = (await database.db.apiKey.findFirst())!
  const events = await readStream(database.db, `stock-receipt-${clientId}/note-1`)
  expect(events).toMatchObject([{ type: 'stock.received', data: { lines, reason: 'Delivery' }, actor: first.body.by }])
})

it('takes away what is on hand, and nothing that is reserved for an order', async () => {
  await receive(got('JAR', 10))
  await reserve('JAR', 7)
  const refused = await correct(counted('JAR', -4))
  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'stock-not-on-hand', detail: expect.stringContaining('3 are on hand') },
  })
  expect((await correct(counted('JAR', -3))).status).toBe(201)
  expect((await correct(counted('JAR', 1))).status).toBe(201)
  expect(await stockAt('JAR')).toEqual({ sku: 'JAR', received: 10, corrected: -2, onHand: 1, reserved: 7, shipped: 0 })
  expect(
    (
      await correct({
        lines: [
          { sku: 'JAR', change: 1 },
          { sku: 'NONE', change: -1 },
        ],
        reason: 'Both',
      })
    ).status,
  ).toBe(409)
  expect(await stockAt('JAR')).toMatchObject({ onHand: 1 })
})

it('books one after the other what comes at once', async () => {
  await receive(got('LID', 3))
  const answers = await Promise.all([...Array(6)].map(() => correct(counted('LID', -1))))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(3)
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(3)
  const same = await Promise.all([...Array(4)].map(() => receive({ id: 'same', ...got('LID', 2) })))
  expect(same.map(({ status }) => status)).toEqual([201, 201, 201, 201])
  expect(await stockAt('LID')).toMatchObject({ onHand: 2, received: 5, corrected: -3 })
})

it('lists what was booked, the latest first, page by page and by SKU', async () => {
  for (const quantity of [1, 2, 3]) await receive(got('BOX', quantity))
  const page = async (more: string) => (await api.get(`/v1/stock/receipts?limit=2&sku=BOX${more}`)).body
  const first = await page('')
  const second = await page(`&cursor=${first.next}`)
  const quantities = [...first.receipts, ...second.receipts].map(({ lines }) => lines[0].quantity)
  expect([quantities, second.next]).toEqual([[3, 2, 1], null])
  expect((await api.get('/v1/stock/corrections?sku=BOX')).body).toEqual({ corrections: [], next: null })
  expect((await api.get('/v1/stock/corrections?cursor=x')).status).toBe(422)
})

it('refuses more than a shelf holds, and lines that say nothing', async () => {
  await database.db.stock.create({ data: { sku: 'FULL', received: 2_147_483_647, onHand: 2_147_483_647 } })
  expect((await receive(got('FULL', 1))).body.code).toBe('stock-too-large')
  await database.db.stock.delete({ where: { sku: 'FULL' } })
  const bodies = [counted('POT', 0), { lines: [], reason: 'x' }, { lines: [{ sku: 'POT', change: 1 }] }]
  for (const body of bodies) expect((await correct(body)).status).toBe(422)
  expect((await receive({ lines: [...got('POT', 1).lines, ...got('POT', 2).lines] })).status).toBe(422)
})
