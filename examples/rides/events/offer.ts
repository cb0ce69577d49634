import { z } from 'zod'
import { defineEvent } from '#messaging'
import { ofOffer, Seconds, TRIP, tripStream } from './schemas.ts'

const example = { tripId: TRIP, driverId: 'driver-4', attempt: 1 }

export const OfferMade = defineEvent({
  type: 'offer.made',
  summary: 'The nearest free driver is asked to take the trip.',
  stream: tripStream,
  schema: z.object({ ...ofOffer, etaS: Seconds }),
  example: { ...example, etaS: 240 },
})

export const OfferAccepted = defineEvent({
  type: 'offer.accepted',
  summary: 'The driver takes the trip.',
  stream: tripStream,
  schema: z.object({ ...ofOffer, etaS: Seconds }),
  example: { ...example, etaS: 240 },
})

export const OfferDeclined = defineEvent({
  type: 'offer.declined',
  summary: 'The driver does not take the trip: the next one is asked.',
  stream: tripStream,
  schema: z.object(ofOffer),
  example,
})

export const OfferTimedOut = defineEvent({
  type: 'offer.timed-out',
  summary: 'The driver has not answered in time: the next one is asked.',
  stream: tripStream,
  schema: z.object(ofOffer),
  example,
})
