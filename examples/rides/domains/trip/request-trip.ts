import { append } from '#messaging'
import type { Database } from '#platform/database'
import { TripRequested } from '../../events/index.ts'
import { keepPaymentMethod } from '../payment/payment-methods.ts'
import { insertTrip, type Wish } from './trip-store.ts'

/** The trip, how it is paid and its first event commit together. @returns false when it was there before */
export function requestTrip(db: Database, wish: Wish, paymentToken: string): Promise<boolean> {
  return db.$transaction(async (tx) => {
    const isNew = await insertTrip(tx, wish)
    if (!isNew) return false
    await keepPaymentMethod(tx, wish.riderId, paymentToken)
    await append(tx, [{ event: TripRequested(wish), correlationId: wish.tripId, expectedVersion: 0 }])
    return true
  })
}
