import { z } from 'zod'
import { defineRoute, type Route } from '#http'
import type { Database } from '#platform/database'
import type { Positions } from '../city/positions.ts'
import { answerOffer } from './answer-offer.ts'
import { registerDrivers } from './dispatch-store.ts'
import { readWork } from './work.ts'

interface Needs {
  db: Database
  positions: Positions
  wake: () => void
}

const tag = 'Drivers'
const Id = z.string().min(1).max(64)
const Where = z.strictObject({
  id: Id,
  lat: z.number().min(-90).max(90),
  lng: z.number().min(-180).max(180),
  free: z.boolean(),
})
const MOST = 1_000
const Drivers = z.strictObject({ drivers: z.array(Id).max(MOST) }).meta({ id: 'Drivers' })
const Places = z.strictObject({ drivers: z.array(Where).max(MOST) }).meta({ id: 'Positions' })
const Answer = z.strictObject({ driverId: Id, accepts: z.boolean() }).meta({ id: 'Answer' })

export function driverRoutes({ db, positions, wake }: Needs): Route[] {
  return [
    defineRoute({
      method: 'put',
      path: '/v1/drivers',
      operationId: 'registerDrivers',
      summary: 'Who drives',
      tag,
      body: Drivers,
      replies: { 204: { description: 'They are known' } },
      async handle({ body: { drivers } }) {
        await registerDrivers(db, drivers)
        return { status: 204 }
      },
    }),
    defineRoute({
      method: 'put',
      path: '/v1/drivers/positions',
      operationId: 'putPositions',
      summary: 'Where drivers are at this moment',
      description: 'Kept in Redis until the next one comes; not an event.',
      tag,
      body: Places,
      replies: { 204: { description: 'Kept' } },
      async handle({ body: { drivers } }) {
        await positions.put(drivers)
        return { status: 204 }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/drivers/work',
      operationId: 'listWork',
      summary: 'What each driver has in hand: an offer to answer, or a trip',
      tag,
      replies: { 200: { description: 'One entry for each driver who has something' } },
      handle: async () => ({ status: 200, body: { work: await readWork(db) } }),
    }),
    defineRoute({
      method: 'post',
      path: '/v1/trips/{id}/answer',
      operationId: 'answerOffer',
      summary: "A driver's answer to an offer",
      tag,
      params: z.strictObject({ id: z.uuid() }),
      body: Answer,
      replies: { 204: { description: 'Heard' } },
      refusals: { 404: 'trip-not-found', 409: 'offer-gone' },
      async handle({ params: { id: tripId }, body }) {
        await answerOffer(db, { tripId, ...body })
        wake()
        return { status: 204 }
      },
    }),
  ]
}
