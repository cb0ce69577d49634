import { gateway, keepPayments, recordAuthorization } from '#domains/payment'
import { OrderPlaced } from '#events'
import { defineReaction } from '#messaging'

export default defineReaction({
  name: 'payment.authorize-payment',
  on: OrderPlaced,
  callTimeoutMs: 5_000,
  effect: ({ data }) => `authorize:${data.orderId}`,
  // Asked even when the order is closed by now: an earlier attempt may have reached the gateway and died before it could
  // say so. Only the same question again brings the authorization to light, and then it is let go.
  call: ({ data: { orderId, total, payment } }, context) =>
    gateway().authorize({ amount: total, token: payment.token, reference: orderId }, context),
  handleBatch: (events, { tx, results, now }) =>
    keepPayments(
      tx,
      events.map(({ data }) => data.orderId),
      now,
      (payment, index) => recordAuthorization(payment, events[index]!.data, results[index]!),
    ),
})
