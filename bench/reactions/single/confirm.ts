import { defineReaction } from '#messaging'
import { confirm } from '../../comparison/answer.ts'
import { PeerConfirmed } from '../../comparison/events.ts'

export default defineReaction({
  name: 'single.confirm',
  on: PeerConfirmed,
  handle: ({ data: { orderId } }, { tx }) => confirm(tx, orderId),
})
