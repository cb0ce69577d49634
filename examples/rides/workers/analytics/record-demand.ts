import { defineReaction } from '#messaging'
import { countRequests } from '../../domains/analytics/demand.ts'
import { TripRequested } from '../../events/index.ts'

/** Nobody waits for it: larger batches cost less. */
export default defineReaction({
  name: 'analytics.record-demand',
  on: TripRequested,
  lingerMs: 500,
  async handleBatch(events, { tx }) {
    const requests = events.map(({ data: { city, zone }, time }) => ({
      city,
      zone,
      minute: `${time.toISOString().slice(0, 16)}:00Z`,
    }))
    await countRequests(tx, requests)
    return events.map(() => null)
  },
})
