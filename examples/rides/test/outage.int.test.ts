import { deadline, testSystem, type TestSystem } from '#testing'
import { answerOffer } from '../domains/matching/answer-offer.ts'
import { readWork } from '../domains/matching/work.ts'
import { cancel, complete, start } from '../domains/trip/decide.ts'
import { changeTrip } from '../domains/trip/decide-trips.ts'
import { requestTrip } from '../domains/trip/request-trip.ts'
import { findTrip } from '../domains/trip/trip-store.ts'
import { wrongRides } from '../audit/check.ts'
import { REACTIONS } from '../testing/reactions.ts'
import { ridesTest, type RidesTest } from '../testing/rides-database.ts'
import { aWish } from '../testing/trips.ts'

/** Nobody waits for them. */
const AWAY = ['analytics.record-demand', 'notification.tell-rider']

let rides: RidesTest
let system: TestSystem
beforeAll(async () => {
  rides = await ridesTest()
  system = await testSystem(REACTIONS, { openDatabase: async () => ({ ...rides, close: async () => {} }) })
})
afterAll(async () => {
  await system.close()
  await rides.close()
})

/** What drivers with phones do. */
async function drive(): Promise<void> {
  for (const { tripId, driverId, state, status } of await readWork(rides.db)) {
    if (state === 'offered') await answerOffer(rides.db, { tripId, driverId, accepts: true })
    else if (status === 'confirmed') await changeTrip(rides.db, tripId, start(driverId))
    else if (status === 'started') await changeTrip(rides.db, tripId, complete(driverId))
  }
}

const count = async (table: string) => Number((await rides.pool.query(`SELECT count(*) FROM ${table}`)).rows[0].count)

test('while analytics and notification are dead every trip goes on, and then they catch up', async () => {
  await system.stopReactions()
  for (const reaction of REACTIONS) if (!AWAY.includes(reaction.name)) await system.run(reaction)
  await rides.addDrivers('ada', 'bob')
  const wishes = [aWish(), aWish(), aWish()]
  for (const wish of wishes) await requestTrip(rides.db, wish, 'pm_card_visa')
  const areOver = async () => {
    await drive()
    const trips = await Promise.all(wishes.map(({ tripId }) => findTrip(rides.db, tripId)))
    return trips.every((trip) => trip?.status === 'paid')
  }
  await deadline('all trips are paid', areOver, { every: 100, within: 60_000 })
  expect([await count('rider_messages'), await count('demand')]).toEqual([0, 0])

  for (const reaction of REACTIONS) if (AWAY.includes(reaction.name)) await system.run(reaction)
  await system.settled()
  expect(await count('rider_messages')).toBe(3)
  expect(await wrongRides(rides.db)).toEqual([])
})

test('a rider can cancel while the search is under way, and the driver is free again', async () => {
  await rides.addDrivers('ada', 'bob')
  const wish = aWish()
  await requestTrip(rides.db, wish, 'pm_card_visa')
  await deadline('somebody is asked', async () => (await readWork(rides.db)).length > 0)
  await changeTrip(rides.db, wish.tripId, cancel)
  await deadline('nobody is in hand', async () => (await readWork(rides.db)).length === 0)
  await system.settled()
  expect(await wrongRides(rides.db)).toEqual([])
})
