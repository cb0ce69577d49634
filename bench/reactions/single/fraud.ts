import { defineReaction } from '#messaging'
import { answer } from '../../comparison/answer.ts'
import { PeerPlaced } from '../../comparison/events.ts'

export default defineReaction({
  name: 'single.fraud',
  on: PeerPlaced,
  handle: ({ data: { orderId } }, { tx }) => answer(tx, orderId, 'fraud'),
})
