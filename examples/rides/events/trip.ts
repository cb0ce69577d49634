import { z } from 'zod'
import { defineEvent } from '#messaging'
import { Money, ofTrip, Point, Seconds, TRIP, tripStream } from './schemas.ts'

const example = { tripId: TRIP, riderId: 'rider-17' }
const ride = { ...example, driverId: 'driver-4' }

export const TripRequested = defineEvent({
  type: 'trip.requested',
  summary: 'A rider wants to go from one place to another.',
  stream: tripStream,
  schema: z.object({
    ...ofTrip,
    city: z.string(),
    pickup: Point,
    dropoff: Point,
    zone: z.string().describe('H3 cell of resolution 7 around the pickup, by which demand is counted'),
    distanceM: z.int().min(0),
    rideS: Seconds,
  }),
  example: {
    ...example,
    city: 'london',
    pickup: { lat: 51.5154, lng: -0.1755 },
    dropoff: { lat: 51.5033, lng: -0.1195 },
    zone: '87195da49ffffff',
    distanceM: 4_100,
    rideS: 590,
  },
})

export const TripConfirmed = defineEvent({
  type: 'trip.confirmed',
  summary: 'A driver is on the way: the fare is locked and the rider is cleared.',
  stream: tripStream,
  schema: z.object({ ...ofTrip, driverId: z.string(), etaS: Seconds, fare: Money }),
  example: { ...ride, etaS: 240, fare: { amount: 1_240, currency: 'GBP' } },
})

export const EtaChanged = defineEvent({
  type: 'eta.changed',
  summary: 'The driver will be at the pickup at another time than the rider was told.',
  stream: tripStream,
  schema: z.object({ ...ofTrip, driverId: z.string(), etaS: Seconds }),
  example: { ...ride, etaS: 420 },
})

export const TripStarted = defineEvent({
  type: 'trip.started',
  summary: 'The rider is in the car.',
  stream: tripStream,
  schema: z.object({ ...ofTrip, driverId: z.string() }),
  example: ride,
})

export const TripCompleted = defineEvent({
  type: 'trip.completed',
  summary: 'The rider has arrived, and owes the fare that was locked.',
  stream: tripStream,
  schema: z.object({ ...ofTrip, driverId: z.string(), fare: Money }),
  example: { ...ride, fare: { amount: 1_240, currency: 'GBP' } },
})

export const TripCancelled = defineEvent({
  type: 'trip.cancelled',
  summary: 'The rider does not want the trip any more. Nothing is charged.',
  stream: tripStream,
  schema: z.object(ofTrip),
  example,
})

export const TripExpired = defineEvent({
  type: 'trip.expired',
  summary: 'No driver was found in time.',
  stream: tripStream,
  schema: z.object(ofTrip),
  example,
})

export const TripRejected = defineEvent({
  type: 'trip.rejected',
  summary: 'The rider was flagged, so the trip does not take place.',
  stream: tripStream,
  schema: z.object({ ...ofTrip, reason: z.string() }),
  example: { ...example, reason: 'too-many-requests' },
})
