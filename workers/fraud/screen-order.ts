import { screen } from '#domains/fraud'
import { FraudCleared, FraudFlagged, OrderPlaced } from '#events'
import { defineReaction } from '#messaging'

export default defineReaction({
  name: 'fraud.screen-order',
  on: OrderPlaced,
  publishes: [FraudCleared, FraudFlagged],
  handle({ data: order }) {
    const { score, reasons, flagged } = screen(order)
    return flagged
      ? FraudFlagged({ orderId: order.orderId, score, reasons })
      : FraudCleared({ orderId: order.orderId, score })
  },
})
