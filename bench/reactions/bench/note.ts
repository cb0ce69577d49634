import { OrderPlaced } from '#events'
import { defineReaction } from '#messaging'

/** The simplest reaction there is: one row for each event. */
export default defineReaction({
  name: 'bench.note',
  on: OrderPlaced,
  async handle({ data: { orderId } }, { tx }) {
    await tx.$executeRaw`INSERT INTO bench_notes (order_id, noted_at) VALUES (${orderId}::uuid, now())`
  },
})
