import { mailCustomer } from '#domains/notification'
import { customerOf } from '#domains/order'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderParcelShipped,
  OrderRejected,
  OrderShipped,
  PaymentRefunded,
  ReturnReceived,
} from '#events'
import { defineReaction, Unrecoverable } from '#messaging'

export default defineReaction({
  name: 'notification.email-customer',
  on: [
    OrderConfirmed,
    OrderRejected,
    OrderParcelShipped,
    OrderCancelled,
    OrderShipped,
    PaymentRefunded,
    ReturnReceived,
  ],
  lingerMs: 50,
  dependency: 'mail-server',
  callTimeoutMs: 20_000,
  async call(event, context) {
    if (event.type === 'order.shipped' && event.data.parcels) return // each parcel has had a mail
    const { orderId } = event.data
    const order = 'customer' in event.data ? event.data : await customerOf(context.db, orderId)
    if (!order) throw new Unrecoverable(`Order ${orderId} is not known: there is nobody to write to`)
    await mailCustomer(event, { ...order.customer, number: order.number }, context)
  },
  handle: () => null, // the journal of mails is written right after each sending, not with the batch
})
