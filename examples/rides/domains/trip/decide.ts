import { Refusal } from '#http'
import {
  EtaChanged,
  TripCancelled,
  TripCompleted,
  TripConfirmed,
  TripExpired,
  TripRejected,
  TripStarted,
} from '../../events/index.ts'
import { mayBecome, type Trip, type TripFact, type TripStatus } from './trip.ts'

/** What follows for a trip from what it knows by now: the facts to add to its stream, or none. */
export type Decide = (trip: Trip) => readonly TripFact[]

/** A rider hears of an arrival that has moved by so many seconds; every second would be noise. */
const ETA_STEP_S = 60

/** The answers of pricing, fraud and matching are brought together, whichever comes last. */
export const advance: Decide = ({ id: tripId, riderId, status, fare, screening, driverId, etaS }) => {
  if (status !== 'requested') return []
  if (screening === 'flagged') return [TripRejected({ tripId, riderId, reason: 'rider-flagged' })]
  const isReady = fare && driverId && screening === 'cleared'
  return isReady ? [TripConfirmed({ tripId, riderId, driverId, etaS: etaS ?? 0, fare })] : []
}

/** The rider may cancel until the trip is over. @throws Refusal when it is */
export const cancel: Decide = (trip) =>
  moved(trip, 'cancelled') ? [] : [TripCancelled({ tripId: trip.id, riderId: trip.riderId })]

/** A trip that has found its driver by now goes on. */
export const expire: Decide = ({ id: tripId, riderId, status }) =>
  status === 'requested' ? [TripExpired({ tripId, riderId })] : []

/** @throws Refusal when it is not this driver's trip, or not confirmed */
export const start =
  (driverId: string): Decide =>
  (trip) => {
    expectDriver(trip, driverId)
    return moved(trip, 'started') ? [] : [TripStarted({ tripId: trip.id, riderId: trip.riderId, driverId })]
  }

/** The fare charged is the fare that was locked. @throws Refusal when it is not this driver's trip, or not started */
export const complete =
  (driverId: string): Decide =>
  (trip) => {
    expectDriver(trip, driverId)
    const { id: tripId, riderId, fare } = trip
    const isDone = trip.status === 'paid' || trip.status === 'unpaid' || moved(trip, 'completed')
    return isDone ? [] : [TripCompleted({ tripId, riderId, driverId, fare: fare! })]
  }

/** @throws Refusal when it is not this driver's trip */
export const changeEta =
  (driverId: string, etaS: number): Decide =>
  (trip) => {
    expectDriver(trip, driverId)
    const isNews = trip.status === 'confirmed' && Math.abs(etaS - (trip.etaS ?? 0)) >= ETA_STEP_S
    return isNews ? [EtaChanged({ tripId: trip.id, riderId: trip.riderId, driverId, etaS })] : []
  }

/** True when it is so already: a request that comes twice changes nothing. */
function moved({ id, status }: Trip, next: TripStatus): boolean {
  if (status === next) return true
  if (mayBecome(status, next)) return false
  throw new Refusal('conflict', 'trip-state', `Trip ${id} is ${status}, so it cannot become ${next}.`)
}

function expectDriver({ id, driverId }: Trip, given: string): void {
  if (driverId !== given) throw new Refusal('conflict', 'not-your-trip', `Trip ${id} is not that of ${given}.`)
}
