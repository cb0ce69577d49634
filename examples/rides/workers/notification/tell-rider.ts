import { defineReaction } from '#messaging'
import { keepMessage, textOf } from '../../domains/notification/messages.ts'
import { EtaChanged, TripConfirmed, TripExpired, TripRejected } from '../../events/index.ts'

/**
 * Tells the rider what has become of the trip, in order: an arrival that was true a minute ago, told after the newer one, is
 * a lie. The rider's phone shows what stands in `rider_messages`.
 */
export default defineReaction({
  name: 'notification.tell-rider',
  on: [TripConfirmed, EtaChanged, TripExpired, TripRejected],
  ordered: true,
  async handle({ id, type, data, streamVersion }, { tx }) {
    const { tripId, riderId } = data
    const text = textOf(type, 'etaS' in data ? data.etaS : 0)
    await keepMessage(tx, { eventId: id, tripId, riderId, streamVersion, text })
  },
})
