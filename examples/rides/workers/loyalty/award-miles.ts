import { z } from 'zod'
import { defineEvent, defineReaction } from '#messaging'
import { FareCharged } from '../../events/index.ts'

const MilesAwarded = defineEvent({
  type: 'miles.awarded',
  summary: 'A paid trip has brought its rider miles: one for each pound.',
  stream: ({ riderId }) => `rider-${riderId}`,
  schema: z.object({ riderId: z.string(), tripId: z.uuid(), miles: z.int().min(0) }),
  example: { riderId: 'rider-17', tripId: '0199f6a2-7c41-7d05-9a3e-5b1c20f4e8d7', miles: 12 },
})

/** Added when all else ran: this file is all of it. A rider's account is the sum of the stream. */
export default defineReaction({
  name: 'loyalty.award-miles',
  on: FareCharged,
  publishes: MilesAwarded,
  handle: ({ data: { riderId, tripId, fare } }) =>
    MilesAwarded({ riderId, tripId, miles: Math.floor(fare.amount / 100) }),
})
