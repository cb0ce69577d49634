import { randomUUID } from 'node:crypto'
import { rideMeters, rideSeconds, zoneOf } from '../domains/city/cells.ts'
import type { Wish } from '../domains/trip/trip-store.ts'
import type { Point } from '../events/index.ts'

export const SOHO: Point = { lat: 51.5135, lng: -0.133 }
const BANK: Point = { lat: 51.5134, lng: -0.0886 }

export function aWish({ pickup = SOHO, dropoff = BANK, ...given }: Partial<Wish> = {}): Wish {
  const distanceM = rideMeters(pickup, dropoff)
  return {
    tripId: randomUUID(),
    riderId: `rider-${randomUUID().slice(0, 8)}`,
    city: 'london',
    zone: zoneOf(pickup),
    pickup,
    dropoff,
    distanceM,
    rideS: rideSeconds(distanceM),
    ...given,
  }
}
