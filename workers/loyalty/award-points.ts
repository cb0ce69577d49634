import { keepPoints } from '#domains/loyalty'
import { OrderConfirmed, PaymentRefunded, PointsAwarded, PointsRevoked } from '#events'
import { defineReaction } from '#messaging'

/** One point for each whole currency unit that was paid and not refunded. */
export default defineReaction({
  name: 'loyalty.award-points',
  on: [OrderConfirmed, PaymentRefunded],
  publishes: [PointsAwarded, PointsRevoked],
  lingerMs: 250,
  handleBatch: (events, { tx }) => keepPoints(tx, events),
})
