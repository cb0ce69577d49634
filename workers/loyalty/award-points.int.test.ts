import { aPaymentRefunded, anOrderConfirmed, react, testDatabase, type TestDatabase } from '#testing'
import { personOf } from '#platform/sealing'
import { uuidv7 } from '#platform/uuid'
import awardPoints from './award-points.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.close())

const money = (amount: number, currency = 'GBP') => ({ amount, currency })
const buyer = (email = `${uuidv7()}@example.com`) => ({ name: 'Ada', email })
const pointsOf = async ({ email }: { email: string }) => {
  const person = (await personOf(database.db, email)) ?? 'nobody'
  return (await database.db.loyaltyAccount.findUnique({ where: { person } }))?.points ?? 0
}

it('awards one point for each whole currency unit', async () => {
  const customer = buyer()
  const confirmed = anOrderConfirmed({ customer, total: money(2_599) })
  const { published } = await react(database, awardPoints, confirmed)
  expect(published).toMatchObject([{ type: 'points.awarded', stream: confirmed.stream, data: { points: 25 } }])
  expect(await pointsOf(customer)).toBe(25)
})

it('knows currencies without a smaller unit', async () => {
  const customer = buyer()
  await react(database, awardPoints, anOrderConfirmed({ customer, total: money(300, 'JPY') }))
  expect(await pointsOf(customer)).toBe(300)
})

it('revokes the points when the money is given back', async () => {
  const [orderId, customer] = [uuidv7(), buyer()]
  await react(database, awardPoints, anOrderConfirmed({ orderId, customer, total: money(2_599) }))
  const { published } = await react(database, awardPoints, aPaymentRefunded({ orderId, amount: money(2_599) }))
  expect(published).toMatchObject([{ type: 'points.revoked', data: { points: 25 } }])
  expect(await pointsOf(customer)).toBe(0)
})

it('never awards points for an order whose refund is known first', async () => {
  const [orderId, customer] = [uuidv7(), buyer()]
  const refund = await react(database, awardPoints, aPaymentRefunded({ orderId, amount: money(2_599) }))
  const confirmation = await react(database, awardPoints, anOrderConfirmed({ orderId, customer, total: money(2_599) }))
  expect([...refund.published, ...confirmation.published]).toEqual([])
  expect(await pointsOf(customer)).toBe(0)
})

it('adds up the orders of one customer, however the address is written, in a batch and across replicas', async () => {
  const { email } = buyer()
  const orders = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      anOrderConfirmed({ customer: buyer(i % 2 ? email : ` ${email.toUpperCase()}`), total: money(1_000) }),
    )
  await Promise.all([react(database, awardPoints, ...orders(10)), react(database, awardPoints, ...orders(15))])
  expect(await pointsOf({ email })).toBe(250)
})
