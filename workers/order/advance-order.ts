import { defineWorker } from '#messaging'
import { advanceOrders, ANSWERS } from '#domains/order'

/** The process manager: takes every answer to its order and announces what follows. */
export default defineWorker({
  name: 'order.advance-order',
  on: ANSWERS,
  handleBatch: (answers, { tx, now }) => advanceOrders(tx, answers, now),
})
