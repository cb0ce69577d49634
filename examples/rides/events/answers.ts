import { z } from 'zod'
import { defineEvent } from '#messaging'
import { Money, ofTrip, TRIP, tripStream } from './schemas.ts'

const example = { tripId: TRIP, riderId: 'rider-17' }
const fare = { amount: 1_240, currency: 'GBP' }

export const FareLocked = defineEvent({
  type: 'fare.locked',
  summary: 'What the trip costs is settled, whatever demand does from now on.',
  stream: tripStream,
  schema: z.object({ ...ofTrip, fare: Money, surge: z.int().min(100).describe('Percent; 100 is the usual fare') }),
  example: { ...example, fare, surge: 130 },
})

export const RiderCleared = defineEvent({
  type: 'rider.cleared',
  summary: 'Nothing speaks against this rider.',
  stream: tripStream,
  schema: z.object(ofTrip),
  example,
})

export const RiderFlagged = defineEvent({
  type: 'rider.flagged',
  summary: 'This looks like fraud: the trip does not take place.',
  stream: tripStream,
  schema: z.object({ ...ofTrip, reason: z.enum(['too-many-requests', 'too-far']) }),
  example: { ...example, reason: 'too-many-requests' },
})

export const FareCharged = defineEvent({
  type: 'fare.charged',
  summary: 'The rider has paid the fare.',
  stream: tripStream,
  schema: z.object({ ...ofTrip, fare: Money }),
  example: { ...example, fare },
})

export const FareDeclined = defineEvent({
  type: 'fare.declined',
  summary: 'The payment gateway did not give the fare.',
  stream: tripStream,
  schema: z.object({ ...ofTrip, fare: Money, code: z.string() }),
  example: { ...example, fare, code: 'insufficient_funds' },
})
