import { append } from '#messaging'
import type { Database } from '#platform/database'
import { OfferTimedOut } from '../../events/index.ts'
import { lockLateOffers, searchOn } from './dispatch-store.ts'

/** Drivers who have not answered in time are asked no longer. @returns how many */
export function timeOutOffers(db: Database, limit: number): Promise<number> {
  return db.$transaction(async (tx) => {
    const late = await lockLateOffers(tx, limit)
    if (late.length === 0) return 0
    await searchOn(
      tx,
      late.map(({ tripId }) => tripId),
    )
    await append(
      tx,
      late.map((one) => ({ event: OfferTimedOut(one), correlationId: one.tripId })),
    )
    return late.length
  })
}
