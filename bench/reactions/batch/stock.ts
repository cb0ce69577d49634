import { defineReaction } from '#messaging'
import { answerAll } from '../../comparison/answer.ts'
import { PeerPlaced } from '../../comparison/events.ts'

export default defineReaction({
  name: 'batch.stock',
  on: PeerPlaced,
  handleBatch: (events, { tx }) => answerAll(tx, events, 'stock'),
})
