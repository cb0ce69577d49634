import { defineReaction } from '#messaging'
import { HISTORY, recordHistory } from '#domains/order'

/** Writes the customer's view of an order's way, each step after the one before, whatever order the events arrive in. */
export default defineReaction({
  name: 'order.record-history',
  on: HISTORY,
  personalData: false,
  ordered: true,
  lingerMs: 50,
  async handleBatch(events, { tx }) {
    await recordHistory(tx, events)
    return events.map(() => undefined)
  },
})
