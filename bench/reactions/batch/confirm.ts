import { defineReaction } from '#messaging'
import { confirmAll } from '../../comparison/answer.ts'
import { PeerConfirmed } from '../../comparison/events.ts'

export default defineReaction({
  name: 'batch.confirm',
  on: PeerConfirmed,
  handleBatch: (events, { tx }) => confirmAll(tx, events),
})
