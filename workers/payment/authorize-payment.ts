import { authorize, gateway, keepPayments, recordAuthorization } from '#domains/payment'
import { OrderPlaced, PaymentAuthorized, PaymentDeclined } from '#events'
import { defineReaction } from '#messaging'

export default defineReaction({
  name: 'payment.authorize-payment',
  on: OrderPlaced,
  publishes: [PaymentAuthorized, PaymentDeclined],
  personalData: false,
  dependency: 'payment-gateway',
  callTimeoutMs: 5_000,
  effect: ({ data }) => `authorize:${data.orderId}`,
  call: (placed, context) => authorize(gateway(), placed, context),
  handleBatch: (events, { tx, results, now }) =>
    keepPayments(
      tx,
      events.map(({ data }) => data.orderId),
      now,
      (payment, index) => recordAuthorization(payment, events[index]!.data, results[index]),
    ),
})
