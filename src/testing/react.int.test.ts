import { defineReaction, DependencyUnavailable } from '#messaging'
import { OrderPlaced } from '#events'
import { anOrderPlaced } from './rows/builders.ts'
import { testDatabase, type TestDatabase } from './rows/database.ts'
import { attempt, react, record } from './react.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.close())

const cause = new RangeError('no such sku')
const failing = defineReaction({
  name: 'test.failing',
  on: OrderPlaced,
  handle() {
    throw cause
  },
})

it('throws what a handler threw, with the names of the reaction and the event', async () => {
  const event = anOrderPlaced()
  await expect(react(database, failing, event)).rejects.toMatchObject({
    name: 'ReactionFailed',
    message: `test.failing failed on order.placed of order-${event.data.orderId}: RangeError: no such sku`,
    cause,
  })
})

it('throws when something the reaction needs is away', async () => {
  const away = defineReaction({
    name: 'test.away',
    on: OrderPlaced,
    call: () => Promise.reject(new DependencyUnavailable('the gateway is away')),
    handle: () => null,
  })
  await expect(react(database, away, anOrderPlaced())).rejects.toThrow('test.away found something away on order.placed')
})

it('does not throw on a second delivery, nor where a test asks for the outcomes', async () => {
  const fine = defineReaction({ name: 'test.fine', on: OrderPlaced, handle: () => null })
  const [placed] = await record(database, anOrderPlaced())
  await react(database, fine, placed!, placed!)
  expect((await react(database, fine, placed!)).outcomes).toEqual([{ kind: 'duplicate' }])
  expect((await attempt(database, failing, placed!)).outcomes).toEqual([{ kind: 'failed', error: cause }])
})
