import { defineWorker } from '#messaging'
import { confirmAll } from '../../comparison/answer.ts'
import { PeerConfirmed } from '../../comparison/events.ts'

export default defineWorker({
  name: 'batch.confirm',
  on: PeerConfirmed,
  handleBatch: (events, { tx }) => confirmAll(tx, events),
})
