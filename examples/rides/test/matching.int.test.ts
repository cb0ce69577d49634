import { attempt, record } from '#testing'
import { answerOffer } from '../domains/matching/answer-offer.ts'
import { timeOutOffers } from '../domains/matching/time-out-offers.ts'
import { insertTrip } from '../domains/trip/trip-store.ts'
import { TripCancelled, TripRequested } from '../events/index.ts'
import { ridesTest, type RidesTest } from '../testing/rides-database.ts'
import { aWish } from '../testing/trips.ts'
import matchDriver from '../workers/matching/match-driver.ts'
import releaseDriver from '../workers/matching/release-driver.ts'

let rides: RidesTest
beforeAll(async () => (rides = await ridesTest()))
afterAll(() => rides.close())
/** Nobody drives any more. */
afterEach(() => rides.pool.query('DELETE FROM dispatches; DELETE FROM drivers'))

const request = async () => {
  const wish = aWish()
  await rides.db.$transaction((tx) => insertTrip(tx, wish))
  return (await record(rides, TripRequested(wish)))[0]!
}

const taken = async () => {
  const { rows } = await rides.pool.query<{ driver: string }>(
    'SELECT driver_id AS driver FROM dispatches WHERE driver_id IS NOT NULL',
  )
  return rows.map(({ driver }) => driver)
}

test('twenty trips at once, asked for by four processes, get five drivers: each one, and no two the same', async () => {
  await rides.addDrivers('a', 'b', 'c', 'd', 'e')
  const events = await Promise.all(Array.from({ length: 20 }, request))
  const batches = [0, 1, 2, 3].map((nth) => events.filter((_, index) => index % 4 === nth))
  const tried = await Promise.all(batches.map((batch) => attempt(rides, matchDriver, ...batch)))
  const kinds = tried.flatMap(({ outcomes }) => outcomes.map(({ kind }) => kind))
  expect(kinds.filter((kind) => kind === 'handled')).toHaveLength(5)
  expect((await taken()).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('a driver who declines or does not answer is not asked again: the next one is', async () => {
  await rides.addDrivers('a', 'b')
  const event = await request()
  const { tripId } = event.data as { tripId: string }
  await attempt(rides, matchDriver, event)
  const [first] = await taken()
  await answerOffer(rides.db, { tripId, driverId: first!, accepts: false })
  const declined = await rides.db.event.findFirstOrThrow({ where: { type: 'offer.declined' } })
  await attempt(rides, matchDriver, { ...declined, time: declined.occurredAt })
  const [second] = await taken()
  expect(second).not.toBe(first)

  await rides.pool.query(`UPDATE dispatches SET answer_by = now() - interval '1 s'`)
  expect(await timeOutOffers(rides.db, 10)).toBe(1)
  expect(await taken()).toEqual([])
  await expect(answerOffer(rides.db, { tripId, driverId: second!, accepts: true })).rejects.toThrow('not open any more')
})

test('a trip that was cancelled before matching has heard of it finds nobody', async () => {
  await rides.addDrivers('a')
  const event = await request()
  const { tripId, riderId } = event.data as { tripId: string; riderId: string }
  await attempt(rides, releaseDriver, TripCancelled({ tripId, riderId }))
  const { outcomes } = await attempt(rides, matchDriver, event)
  expect(outcomes).toMatchObject([{ kind: 'handled', published: [] }])
  expect(await taken()).toEqual([])
})

test('while nobody is free the event waits, and no attempt is used up', async () => {
  const { outcomes } = await attempt(rides, matchDriver, await request())
  expect(outcomes).toMatchObject([{ kind: 'failed', error: { name: 'RetryLater' } }])
})
