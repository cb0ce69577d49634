import { OrderConfirmed, OrderRejected, OrderCancelled, OrderShipped, OrderDelivered } from '#events'
import { defineReaction } from '#messaging'
import { advanceOrders, ANSWERS } from '#domains/order'

/** The process manager: takes every answer to its order and publishes what follows. */
export default defineReaction({
  name: 'order.advance-order',
  on: ANSWERS,
  fromStream: true,
  publishes: [OrderConfirmed, OrderRejected, OrderCancelled, OrderShipped, OrderDelivered],
  handleBatch: (answers, { tx }) => advanceOrders(tx, answers),
})
