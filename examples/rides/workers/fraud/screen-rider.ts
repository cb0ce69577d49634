import { defineReaction } from '#messaging'
import { screen } from '../../domains/fraud/screen.ts'
import { keepScreenings, requestsOf } from '../../domains/fraud/screenings.ts'
import { RiderCleared, RiderFlagged, TripRequested } from '../../events/index.ts'

export default defineReaction({
  name: 'fraud.screen-rider',
  on: TripRequested,
  publishes: [RiderCleared, RiderFlagged],
  async handleBatch(events, { tx }) {
    const requests = await requestsOf(
      tx,
      events.map(({ data: { riderId } }) => riderId),
    )
    const screened = events.map(({ data }) => {
      const { tripId, riderId } = data
      const earlier = requests.get(riderId) ?? 0
      requests.set(riderId, earlier + 1)
      return { tripId, riderId, verdict: screen(data, earlier) }
    })
    await keepScreenings(tx, screened)
    return screened.map(({ verdict: reason, ...trip }) =>
      reason ? RiderFlagged({ ...trip, reason }) : RiderCleared(trip),
    )
  },
})
