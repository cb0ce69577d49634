import { append } from '#messaging'
import type { Database } from '#platform/database'
import { Refusal } from '#http'
import { OfferAccepted, OfferDeclined } from '../../events/index.ts'
import { outcomeOf } from './dispatch.ts'
import { accept, lockDispatches, searchOn } from './dispatch-store.ts'

interface Answer {
  tripId: string
  driverId: string
  accepts: boolean
}

/** A driver's answer; the same one again changes nothing. @throws Refusal when the offer is not open any more */
export async function answerOffer(db: Database, { tripId, driverId, accepts }: Answer): Promise<void> {
  await db.$transaction(async (tx) => {
    const dispatch = (await lockDispatches(tx, [tripId])).get(tripId)
    if (!dispatch) throw new Refusal('not-found', 'trip-not-found', `There is no offer of a trip ${tripId}.`)
    const outcome = outcomeOf(dispatch, driverId, accepts)
    if (outcome === 'again') return
    if (outcome === 'late')
      throw new Refusal('conflict', 'offer-gone', `The offer of trip ${tripId} to ${driverId} is not open any more.`)
    const { attempt, etaS } = dispatch
    if (outcome === 'taken') await accept(tx, tripId)
    else await searchOn(tx, [tripId])
    const event =
      outcome === 'taken'
        ? OfferAccepted({ tripId, driverId, attempt, etaS: etaS! })
        : OfferDeclined({ tripId, driverId, attempt })
    await append(tx, [{ event, correlationId: tripId }])
  })
}
