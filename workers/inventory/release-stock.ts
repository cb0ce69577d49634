import { keepReservations } from '#domains/inventory'
import {
  OrderCancelled,
  OrderExpired,
  OrderReduced,
  OrderRejected,
  ReturnAccepted,
  ReturnReceived,
  StockReleased,
  StockRestocked,
} from '#events'
import { defineReaction, type RecordedOf } from '#messaging'

const GIVES_BACK = [OrderRejected, OrderCancelled, OrderReduced, OrderExpired, ReturnReceived, ReturnAccepted] as const
type GivesBack = RecordedOf<(typeof GIVES_BACK)[number]>

/** Gives back what an order does not need any more: what was set aside for it, and what it has returned. */
export default defineReaction({
  name: 'inventory.release-stock',
  on: GIVES_BACK,
  publishes: [StockReleased, StockRestocked],
  personalData: false,
  async handleBatch(events, { tx, now }) {
    const told = events.filter((event) => !isSaidByPieces(event))
    const outcomes = await keepReservations(tx, told.map(factOf), now)
    return events.map((event) => {
      const { back } = outcomes[told.indexOf(event)] ?? { back: [] }
      if (back.length === 0) return
      const freed = { orderId: event.data.orderId, lines: [...back] }
      return event.type.startsWith('return.') ? StockRestocked(freed) : StockReleased(freed)
    })
  },
})

/** Each return.received has moved its pieces, and knows which of them are damaged. */
const isSaidByPieces = ({ type, data }: GivesBack) => type === 'return.accepted' && data.returnId !== undefined

function factOf({ type, data }: GivesBack) {
  const { orderId } = data
  if (type === 'order.reduced') return { kind: 'reduced' as const, orderId, lines: data.lines }
  if (type === 'return.received') return { kind: 'came-back' as const, orderId, lines: data.lines }
  return { kind: type === 'return.accepted' ? ('returned' as const) : ('closed' as const), orderId }
}
