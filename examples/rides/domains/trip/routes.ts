import { z } from 'zod'
import { readStory } from '#messaging'
import { defineRoute, Refusal, type Route } from '#http'
import type { Database } from '#platform/database'
import { Point } from '../../events/index.ts'
import { rideMeters, rideSeconds, zoneOf } from '../city/cells.ts'
import { cancel, changeEta, complete, start, type Decide } from './decide.ts'
import { changeTrip } from './decide-trips.ts'
import { requestTrip } from './request-trip.ts'
import { findTrip } from './trip-store.ts'

interface Needs {
  db: Database
  /** Tells the relay that something was committed. */
  wake: () => void
}

const tag = 'Trips'
const Id = z.strictObject({ id: z.uuid() })
const Driver = z.strictObject({ driverId: z.string().min(1).max(64) }).meta({ id: 'Driver' })
const Arrival = z
  .strictObject({ driverId: z.string().min(1).max(64), etaS: z.int().min(0).max(86_400) })
  .meta({ id: 'Arrival' })
const Wish = z
  .strictObject({
    riderId: z.string().min(1).max(64),
    city: z.string().min(1).max(64),
    pickup: Point,
    dropoff: Point,
    payment: z.strictObject({ token: z.string().min(1).max(200) }),
  })
  .meta({ id: 'TripWish' })

const unknown = (id: string) => new Refusal('not-found', 'trip-not-found', `There is no trip ${id}.`)

export function tripRoutes({ db, wake }: Needs): Route[] {
  const refusals = { 404: 'trip-not-found', 409: 'trip-state, not-your-trip' }
  const decided = async (id: string, decide: Decide) => {
    await changeTrip(db, id, decide)
    wake()
    return { status: 200, body: await findTrip(db, id) }
  }
  const move = { method: 'post', tag, params: Id, refusals, replies: { 200: { description: 'The trip' } } } as const
  return [
    defineRoute({
      method: 'put',
      path: '/v1/trips/{id}',
      operationId: 'requestTrip',
      summary: 'Ask for a trip, under an id of your own',
      description: 'The same id again changes nothing, so a request without an answer can be sent again.',
      tag,
      params: Id,
      body: Wish,
      replies: { 202: { description: 'It is looked for a driver' }, 200: { description: 'It was asked for before' } },
      async handle({ params: { id }, body: { payment, ...wish } }) {
        const { pickup, dropoff } = wish
        const distanceM = rideMeters(pickup, dropoff)
        const trip = { ...wish, tripId: id, zone: zoneOf(pickup), distanceM, rideS: rideSeconds(distanceM) }
        const isNew = await requestTrip(db, trip, payment.token)
        if (isNew) wake()
        return { status: isNew ? 202 : 200, body: await findTrip(db, id) }
      },
    }),
    defineRoute({
      ...move,
      path: '/v1/trips/{id}/cancel',
      operationId: 'cancelTrip',
      summary: 'The rider does not want it any more',
      handle: ({ params: { id } }) => decided(id, cancel),
    }),
    defineRoute({
      ...move,
      path: '/v1/trips/{id}/start',
      operationId: 'startTrip',
      summary: 'The rider is in the car',
      body: Driver,
      handle: ({ params: { id }, body }) => decided(id, start(body.driverId)),
    }),
    defineRoute({
      ...move,
      path: '/v1/trips/{id}/complete',
      operationId: 'completeTrip',
      summary: 'The rider has arrived',
      body: Driver,
      handle: ({ params: { id }, body }) => decided(id, complete(body.driverId)),
    }),
    defineRoute({
      ...move,
      path: '/v1/trips/{id}/eta',
      operationId: 'changeEta',
      summary: 'The driver will be there at another time',
      body: Arrival,
      handle: ({ params: { id }, body }) => decided(id, changeEta(body.driverId, body.etaS)),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/trips/{id}',
      operationId: 'getTrip',
      summary: 'A trip',
      tag,
      params: Id,
      replies: { 200: { description: 'The trip' } },
      refusals: { 404: 'trip-not-found' },
      async handle({ params: { id } }) {
        const trip = await findTrip(db, id)
        if (!trip) throw unknown(id)
        return { status: 200, body: trip }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/trips/{id}/story',
      operationId: 'getStory',
      summary: 'Everything that happened because of a trip: each event, and each reaction to it',
      tag,
      public: true, // the city page asks for it
      params: Id,
      replies: { 200: { description: 'The story' } },
      refusals: { 404: 'trip-not-found' },
      async handle({ params: { id } }) {
        const trip = await findTrip(db, id)
        if (!trip) throw unknown(id)
        return { status: 200, body: { trip, events: await readStory(db, id) } }
      },
    }),
  ]
}
