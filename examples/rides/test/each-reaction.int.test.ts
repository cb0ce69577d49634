import { uuidv7 } from '#platform/uuid'
import { attempt, record } from '#testing'
import { startStripe } from '../../../sandbox/stripe/server.ts'
import { createStripeGateway } from '../../../src/payment-gateway/stripe/gateway.ts'
import { EtaChanged, TripConfirmed } from '../events/index.ts'
import { wrongRides } from '../audit/check.ts'
import { holdFare } from '../domains/payment/hold-fare.ts'
import { City } from '../testing/city.ts'
import { REACTIONS } from '../testing/reactions.ts'
import { ridesTest, type RidesTest } from '../testing/rides-database.ts'
import { aWish } from '../testing/trips.ts'
import tellRider from '../workers/notification/tell-rider.ts'

let rides: RidesTest
beforeAll(async () => (rides = await ridesTest()))
afterAll(() => rides.close())

let nth = 0
const aTrip = async () => {
  const city = new City(rides)
  await city.begin([`driver-${++nth}`], ['pm_card_visa'])
  return city
}

/** How far a trip comes while this reaction is down; up again, it ends as it always does. */
const DOWN = {
  'matching.match-driver': 'requested',
  'pricing.lock-fare': 'requested',
  'fraud.screen-rider': 'requested',
  'trip.advance-trip': 'requested',
  'payment.charge-fare': 'completed',
  'matching.release-driver': 'paid',
  'notification.tell-rider': 'paid',
  'analytics.record-demand': 'paid',
  'loyalty.award-miles': 'paid',
}

test.each(Object.entries(DOWN))('while %s is down a trip is %s, and then it goes on', async (name, status) => {
  const city = await aTrip()
  city.down.add(name)
  expect(await city.goOn()).toEqual([status])
  city.down.clear()
  expect(await city.end()).toEqual(['paid'])
  expect(await wrongRides(rides.db)).toEqual([])
})

test('every reaction is among them', () => {
  expect(REACTIONS.map(({ name }) => name).toSorted()).toEqual(Object.keys(DOWN).toSorted())
})

test.each(REACTIONS)('a second delivery to $name changes nothing', async ({ name }) => {
  const city = await aTrip()
  await city.end()
  const before = await everything()
  await city.deliverAgainTo(name)
  expect(await everything()).toEqual(before)
})

const TABLES = [
  'trips',
  'drivers',
  'dispatches',
  'fares',
  'screenings',
  'charges',
  'rider_messages',
  'demand',
  'events',
]

async function everything(): Promise<Record<string, unknown>> {
  const counted = TABLES.map(async (table) => {
    const { rows } = await rides.pool.query(
      `SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) AS sum FROM ${table} t`,
    )
    return [table, rows[0].sum] as const
  })
  return Object.fromEntries(await Promise.all(counted))
}

test('payment.charge-fare holds a fare once, also at a provider that has forgotten its keys', async () => {
  const stripe = await startStripe()
  try {
    const gateway = createStripeGateway({ secretKey: 'sk_test_rides', apiUrl: stripe.url })
    const [tripId, fare] = [uuidv7(), { amount: 900, currency: 'GBP' }]
    const hold = () =>
      holdFare(gateway, { tripId, fare, token: 'pm_card_visa' }, { db: rides.db, signal: AbortSignal.timeout(30_000) })
    const first = await hold()
    stripe.forgetKeys()
    expect(first.ok).toBe(true)
    expect(await hold()).toEqual(first)
    const holds = []
    for await (const page of gateway.open(new Date(Date.now() - 60_000))) holds.push(...page)
    expect(holds).toHaveLength(1)
  } finally {
    await stripe.close()
  }
})

test('notification.tell-rider tells of the older arrival first, whichever comes first', async () => {
  const { tripId, riderId } = aWish()
  const fare = { amount: 900, currency: 'GBP' }
  const confirmed = TripConfirmed({ tripId, riderId, driverId: 'ada', etaS: 120, fare })
  const changed = EtaChanged({ tripId, riderId, driverId: 'ada', etaS: 600 })
  const [first, second] = await record(rides, confirmed, changed)
  await attempt(rides, tellRider, second!)
  await attempt(rides, tellRider, first!)
  const { rows } = await rides.pool.query('SELECT text FROM rider_messages WHERE trip_id = $1 ORDER BY nth', [tripId])
  expect(rows.map(({ text }) => text)).toEqual([
    'Your driver is on the way: 2 min.',
    'Your driver will be there in 10 min.',
  ])
})
