import { anOrderPlaced, react, testDatabase, type TestDatabase } from '#testing'
import screenOrder from './screen-order.ts'

let database: TestDatabase
beforeAll(async () => (database = await testDatabase()))
afterAll(() => database.close())

test('clears an ordinary order', async () => {
  const { published } = await react(database, screenOrder, anOrderPlaced())
  expect(published).toMatchObject([{ type: 'fraud.cleared', data: { score: 0 } }])
})

test('flags a suspicious one, with its reasons', async () => {
  const customer = { name: 'Nobody', email: 'fraud@example.com' }
  const { published } = await react(database, screenOrder, anOrderPlaced({ customer }))
  expect(published).toMatchObject([{ type: 'fraud.flagged', data: { score: 100, reasons: [expect.any(String)] } }])
})
