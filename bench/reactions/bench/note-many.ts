import { OrderPlaced } from '#events'
import { defineReaction } from '#messaging'

/** The same with one statement for all the events of a batch. */
export default defineReaction({
  name: 'bench.note-many',
  on: OrderPlaced,
  async handleBatch(events, { tx }) {
    const orderIds = events.map(({ data }) => data.orderId)
    await tx.$executeRaw`INSERT INTO bench_notes (order_id, noted_at) SELECT unnest(${orderIds}::uuid[]), now()`
    return events.map(() => undefined)
  },
})
