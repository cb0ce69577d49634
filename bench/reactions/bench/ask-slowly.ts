import { OrderPlaced } from '#events'
import { defineReaction } from '#messaging'

/** Spends its time waiting for an outside service, few calls at once: more of it is done by more processes only. */
export default defineReaction({
  name: 'bench.ask-slowly',
  on: OrderPlaced,
  concurrency: 1,
  callConcurrency: 4,
  batchSize: 20,
  prefetch: 40,
  async call({ data: { orderId } }, { signal }) {
    await fetch(`${process.env['ANALYTICS_URL']}/sales/${orderId}`, { method: 'POST', signal })
  },
  handle: () => null,
})
