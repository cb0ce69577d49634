import { Refusal } from '#http'
import {
  FareCharged,
  FareLocked,
  OfferAccepted,
  RiderCleared,
  RiderFlagged,
  TripRequested,
} from '../../events/index.ts'
import { aWish } from '../../testing/trips.ts'
import { advance, cancel, changeEta, complete, expire, start, type Decide } from './decide.ts'
import { evolve, NEXT, requested, type Trip, type TripFact } from './trip.ts'

const wish = aWish()
const { tripId, riderId } = wish
const fare = { amount: 1_240, currency: 'GBP' }
const locked = FareLocked({ tripId, riderId, fare, surge: 100 })
const cleared = RiderCleared({ tripId, riderId })
const accepted = OfferAccepted({ tripId, driverId: 'ada', attempt: 1, etaS: 240 })

const begun = requested(TripRequested(wish))
const after = (...facts: TripFact[]) => facts.reduce(evolve, begun)
const decided = (trip: Trip, decide: Decide) => decide(trip).reduce(evolve, trip)
const typesOf = (facts: readonly TripFact[]) => facts.map(({ type }) => type)

test.each([[[locked, cleared, accepted]], [[accepted, cleared, locked]], [[cleared, accepted, locked]]])(
  'is confirmed when the last of its three answers is in, whichever that is',
  (answers) => {
    expect(advance(after(...answers.slice(0, 2)))).toEqual([])
    expect(advance(after(...answers))).toMatchObject([{ type: 'trip.confirmed', data: { fare, driverId: 'ada' } }])
  },
)

test('keeps the fare that was locked first', () => {
  const dearer = FareLocked({ tripId, riderId, fare: { ...fare, amount: 9_990 }, surge: 300 })
  expect(after(locked, dearer).fare).toEqual(fare)
})

test('does not take place for a flagged rider', () => {
  const flagged = RiderFlagged({ tripId, riderId, reason: 'too-far' })
  expect(typesOf(advance(after(locked, accepted, flagged)))).toEqual(['trip.rejected'])
})

const confirmed = decided(after(locked, cleared, accepted), advance)
const started = decided(confirmed, start('ada'))
const completed = decided(started, complete('ada'))

test('goes from the driver to the fare', () => {
  expect([confirmed.status, started.status, completed.status]).toEqual(['confirmed', 'started', 'completed'])
  expect(evolve(completed, FareCharged({ tripId, riderId, fare })).status).toBe('paid')
})

test('what is done already is not done again', () => {
  expect(start('ada')(started)).toEqual([])
  expect(complete('ada')(completed)).toEqual([])
  expect(cancel(decided(started, cancel))).toEqual([])
  expect(expire(confirmed)).toEqual([])
})

test.each([begun, confirmed, started])('can be cancelled while it is $status', (trip) => {
  expect(decided(trip, cancel).status).toBe('cancelled')
})

test('cannot be cancelled when it is over, and is nobody else’s', () => {
  expect(() => cancel(completed)).toThrow(Refusal)
  expect(() => start('bob')(confirmed)).toThrow('not that of bob')
  expect(() => complete('ada')(confirmed)).toThrow('cannot become completed')
})

test('a driver who accepts what has expired changes nothing', () => {
  const expired = decided(begun, expire)
  expect(evolve(expired, accepted)).toMatchObject({ status: 'expired', driverId: null })
})

test('tells of an arrival that has moved by a minute, and not of seconds', () => {
  expect(changeEta('ada', 290)(confirmed)).toEqual([])
  expect(typesOf(changeEta('ada', 301)(confirmed))).toEqual(['eta.changed'])
})

test('every status but the last ones leads on', () => {
  const last = Object.entries(NEXT).flatMap(([status, next]) => (next.length === 0 ? [status] : []))
  expect(last).toEqual(['paid', 'unpaid', 'cancelled', 'expired', 'rejected'])
})
