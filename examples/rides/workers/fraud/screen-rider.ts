import { defineReaction } from '#messaging'
import { screen } from '../../domains/fraud/screen.ts'
import { keepScreening, requestsOf } from '../../domains/fraud/screenings.ts'
import { RiderCleared, RiderFlagged, TripRequested } from '../../events/index.ts'

export default defineReaction({
  name: 'fraud.screen-rider',
  on: TripRequested,
  publishes: [RiderCleared, RiderFlagged],
  async handle({ data }, { tx }) {
    const { tripId, riderId } = data
    const reason = screen(data, await requestsOf(tx, riderId))
    await keepScreening(tx, tripId, riderId, reason)
    return reason ? RiderFlagged({ tripId, riderId, reason }) : RiderCleared({ tripId, riderId })
  },
})
