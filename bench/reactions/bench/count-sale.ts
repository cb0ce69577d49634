import { OrderPlaced } from '#events'
import { defineReaction } from '#messaging'

/** Tells an analytics service of each order. */
export default defineReaction({
  name: 'bench.count-sale',
  on: OrderPlaced,
  async call({ data: { orderId } }, { signal }) {
    const url = `${process.env['ANALYTICS_URL']}/sales/${orderId}`
    const { ok } = await fetch(url, { method: 'POST', signal })
    if (!ok) throw new Error('the analytics service did not take the sale')
  },
  handle: () => null,
})
