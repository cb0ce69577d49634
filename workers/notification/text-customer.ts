import { areTextsOn, textCustomer } from '#domains/notification'
import { OrderCancelled, OrderDelivered, OrderParcelShipped, OrderShipped } from '#events'
import { defineReaction } from '#messaging'

export default defineReaction({
  name: 'notification.text-customer',
  on: [OrderParcelShipped, OrderShipped, OrderDelivered, OrderCancelled],
  enabled: areTextsOn,
  dependency: 'sms-provider',
  concurrency: 2,
  call: (event, context) => textCustomer(event, context),
  handle: () => null, // the provider remembers what it was handed, by the idempotency key
})
