import type { Label, Words } from './words.ts'

export const en: Words = {
  greeting: (name) => `Dear ${name ?? 'customer'},`,
  orderNumber: (order) => `Order number: ${order}`,
  closing: 'Fanfare',
  confirmed: {
    subject: (order) => `Your order ${order} is confirmed`,
    text: 'Thank you. Your order is confirmed and will be on its way soon.',
    total: 'Total',
  },
  rows: {
    discount: (code) => `Discount ${code}`,
    shipping: (method) => `Shipping: ${method}`,
    tax: (name, percent, included) => `${name} ${percent}%${included ? ' (included)' : ''}`,
  },
  rejected: {
    subject: (order) => `We could not accept your order ${order}`,
    text: 'We are sorry: we could not accept your order.',
    why: {
      'out-of-stock': 'Something you ordered is no longer in stock.',
      'payment-declined': 'Your payment was declined.',
      'fraud-suspected': 'We could not verify your order.',
    },
    money: 'You have not been charged; if an amount was reserved, it is free again.',
  },
  cancelled: {
    subject: (order) => `Your order ${order} is cancelled`,
    text: 'Your order is cancelled. Whatever was paid for it is given back.',
    reason: (words) => `Reason: ${words}`,
  },
  shipped: {
    subject: (order) => `Your order ${order} is on its way`,
    text: (carrier, trackingNumber) => `Your parcel is with ${carrier}, under the tracking number ${trackingNumber}.`,
  },
  received: {
    subject: (order) => `We have your return of order ${order}`,
    text: 'What you sent back has arrived. What you paid for it is given back, unless it was before.',
    total: 'Paid for it',
  },
  parcel: {
    subject: (order) => `A parcel of your order ${order} is on its way`,
    holds: 'In this parcel:',
  },
  refunded: {
    subject: (order) => `Your refund for order ${order}`,
    text: (amount) => `We have given ${amount} back to you.`,
  },
  texts: {
    shipped: (order, label) => `Fanfare: your order ${order} is on its way${under(label)}.`,
    parcel: (order, label) => `Fanfare: a parcel of your order ${order} is on its way${under(label)}.`,
    delivered: (order) => `Fanfare: your order ${order} has been delivered.`,
    cancelled: (order) => `Fanfare: your order ${order} is cancelled. Whatever was paid for it is given back.`,
  },
}

const under = ({ carrier, trackingNumber }: Label) =>
  `${carrier ? ` with ${carrier}` : ''}${trackingNumber ? `, tracking number ${trackingNumber}` : ''}`
