import type { OrderShipped } from '#events'
import type { DataOf } from '#messaging'
import {
  anOrderCancelled,
  anOrderDelivered,
  anOrderParcelShipped,
  anOrderShipped,
  attempt,
  react,
  record,
  testDatabase,
  type TestDatabase,
} from '#testing'
import { uuidv7 } from '#platform/uuid'
import { startSms, type RunningSms } from '../../sandbox/sms/server.ts'
import textCustomer from './text-customer.ts'

let database: TestDatabase
let sms: RunningSms
beforeAll(async () => {
  database = await testDatabase()
  sms = await startSms({ port: 0 })
})
afterAll(async () => {
  await sms.close()
  await database.close()
})
beforeEach(() => void (process.env['SMS_URL'] = sms.url))
afterEach(() => void delete process.env['SMS_URL'])

const ada = { name: 'Ada Lovelace', email: 'ada@example.com', phone: '+44 7700 900123', sms: true }
const shippedTo = (customer: Partial<DataOf<typeof OrderShipped>['customer']>) =>
  anOrderShipped({ customer: { ...ada, ...customer } })
const takenFor = (to: string) => sms.taken.filter((text) => text.to === to)

it('is on where SMS_URL is set, and off without', () => {
  expect(textCustomer.enabled()).toBe(true)
  delete process.env['SMS_URL']
  expect(textCustomer.enabled()).toBe(false)
})

it('texts once about each occasion, in the language of the customer, to the number as the network wants it', async () => {
  const customer = { ...ada, phone: '+49 (151) 555-0100', locale: 'de-AT' }
  const events = [anOrderShipped, anOrderDelivered, anOrderCancelled].map((an) => an({ customer, number: 'FF-1042' }))
  await react(database, textCustomer, ...events)
  expect(takenFor('+491515550100')).toEqual([
    expect.objectContaining({
      from: 'Fanfare',
      text: expect.stringMatching(/^Fanfare: Ihre Bestellung FF-1042 ist unterwegs mit /),
    }),
    expect.objectContaining({ text: 'Fanfare: Ihre Bestellung FF-1042 ist zugestellt.' }),
    expect.objectContaining({ text: expect.stringContaining('FF-1042 ist storniert') }),
  ])
})

it('texts once about each parcel of an order, and not again when nothing is left to ship', async () => {
  const customer = { ...ada, phone: '+447700900777' }
  const about = { orderId: uuidv7(), customer, number: 'FF-1043' }
  const parcels = ['JD1', 'JD2'].map((trackingNumber) =>
    anOrderParcelShipped({ ...about, carrier: 'DHL', trackingNumber }),
  )
  const events = await record(database, ...parcels, anOrderShipped({ ...about, trackingNumber: 'JD2', parcels: 2 }))
  await react(database, textCustomer, ...events)
  await react(database, textCustomer, ...events)
  const said = (number: string) =>
    `Fanfare: a parcel of your order FF-1043 is on its way with DHL, tracking number ${number}.`
  const texts = takenFor(customer.phone).map(({ text }) => text)
  expect(texts.toSorted()).toEqual([said('JD1'), said('JD2')])
})

it('texts nobody who has not asked for it, and nothing that is no news any more', async () => {
  const before = sms.taken.length
  const [old] = await record(database, shippedTo({}))
  const yesterday = { ...old!, time: new Date(Date.now() - 25 * 3_600_000) }
  const { outcomes } = await attempt(database, textCustomer, shippedTo({ sms: false }), anOrderShipped(), yesterday)
  expect(outcomes.map(({ kind }) => kind)).toEqual(['handled', 'handled', 'handled'])
  expect(sms.taken).toHaveLength(before)
})

it('does not text twice when the answer was lost', async () => {
  const phone = '+447700900408'
  const [event] = await record(database, shippedTo({ phone }))
  expect((await attempt(database, textCustomer, event!)).outcomes).toMatchObject([{ kind: 'unavailable' }])
  await react(database, textCustomer, event!)
  await react(database, textCustomer, event!)
  expect(takenFor(phone)).toHaveLength(1)
})

it.each([
  [
    '+447700900404',
    {
      kind: 'failed',
      error: {
        name: 'Unrecoverable',
        message: 'The SMS provider answered not_in_service (422): "Nobody has (number)."',
      },
    },
  ],
  ['+447700900500', { kind: 'failed', error: { name: 'Error' } }],
  ['+447700900503', { kind: 'unavailable', error: { name: 'DependencyUnavailable' } }],
  ['-', { kind: 'failed', error: { name: 'Unrecoverable' } }],
])('of %s: %j, and no number stands in the error', async (phone, outcome) => {
  const { outcomes } = await attempt(database, textCustomer, shippedTo({ phone }))
  expect(outcomes).toMatchObject([outcome])
  expect((outcomes[0] as { error: Error }).error.message).not.toMatch(/7700/)
})

it('waits while the provider cannot be reached, or nobody says who it is', async () => {
  for (const url of ['http://127.0.0.1:1', '']) {
    process.env['SMS_URL'] = url
    expect((await attempt(database, textCustomer, shippedTo({}))).outcomes).toMatchObject([{ kind: 'unavailable' }])
  }
})
