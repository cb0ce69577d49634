import type {
  Costs,
  Customer,
  Money,
  OrderCancelled,
  OrderConfirmed,
  OrderLine,
  OrderRejected,
  OrderShipped,
  PaymentRefunded,
  RejectionReason,
} from '#events'
import type { RecordedOf } from '#messaging'
import { formatMoney } from './format-money.ts'
import type { Letter } from './letter.ts'
import { plainWords } from './plain-words.ts'

/** The facts a customer is written to about. */
export type Occasion = RecordedOf<
  typeof OrderConfirmed | typeof OrderRejected | typeof OrderCancelled | typeof OrderShipped | typeof PaymentRefunded
>

/** Characters of what others have typed. */
export const LONGEST_NAME = 60
const LONGEST_REASON = 200

/** What the customer is told. Subjects hold nothing that a customer has typed. */
export function letterAbout(occasion: Occasion, customer: Pick<Customer, 'name'>): Letter {
  return { greeting: `Dear ${plainWords(customer.name, LONGEST_NAME) ?? 'customer'},`, ...contentOf(occasion) }
}

function contentOf(occasion: Occasion): Omit<Letter, 'greeting'> {
  switch (occasion.type) {
    case 'order.confirmed':
      return confirmed(occasion.data)
    case 'order.rejected':
      return rejected(occasion.data)
    case 'order.cancelled':
      return cancelled(occasion.data)
    case 'order.shipped':
      return shipped(occasion.data)
    case 'payment.refunded':
      return refunded(occasion.data)
  }
}

interface Confirmed {
  orderId: string
  lines: readonly OrderLine[]
  total: Money
  costs?: Costs | undefined
}

function confirmed({ orderId, lines, total, costs }: Confirmed) {
  return {
    subject: `Your order ${orderId} is confirmed`,
    paragraphs: ['Thank you. Your order is confirmed and will be on its way soon.', `Order number: ${orderId}`],
    rows: [
      ...lines.map(({ name, quantity, unitPrice }) => ({
        label: `${quantity} × ${name}`,
        amount: quantity * unitPrice,
      })),
      ...(costs ? furtherRows(costs) : []),
    ].map(({ label, amount }) => ({ label, amount: formatMoney({ amount, currency: total.currency }) })),
    total: { label: 'Total', amount: formatMoney(total) },
  }
}

/** What makes the total of the lines. */
function furtherRows({ discounts, shippingMethod, taxes, taxIncluded }: Costs) {
  return [
    ...discounts.map(({ code, amount }) => ({ label: `Discount ${code}`, amount: -amount })),
    ...(shippingMethod ? [{ label: shippingMethod.name, amount: shippingMethod.price }] : []),
    ...taxes.map(({ name, percent, amount }) => {
      return { label: `${name} ${percent} %${taxIncluded ? ' (included)' : ''}`, amount }
    }),
  ]
}

const WHY_REJECTED: Record<RejectionReason, string> = {
  'out-of-stock': 'Something you ordered is no longer in stock.',
  'payment-declined': 'Your payment was declined.',
  'fraud-suspected': 'We could not verify your order.',
}

function rejected({ orderId, reason }: { orderId: string; reason: RejectionReason }) {
  return {
    subject: `We could not accept your order ${orderId}`,
    paragraphs: [
      `We are sorry: we could not accept your order. ${WHY_REJECTED[reason]}`,
      'You have not been charged; if an amount was reserved, it is free again.',
      `Order number: ${orderId}`,
    ],
  }
}

function cancelled({ orderId, reason }: { orderId: string; reason: string }) {
  const words = plainWords(reason, LONGEST_REASON)
  return {
    subject: `Your order ${orderId} is cancelled`,
    paragraphs: [
      'Your order is cancelled. Whatever was paid for it is given back.',
      ...(words === undefined ? [] : [`Reason: ${words}`]),
      `Order number: ${orderId}`,
    ],
  }
}

function shipped({ orderId, carrier, trackingNumber }: { orderId: string; carrier: string; trackingNumber: string }) {
  return {
    subject: `Your order ${orderId} is on its way`,
    paragraphs: [
      `Your parcel is with ${carrier}, under the tracking number ${trackingNumber}.`,
      `Order number: ${orderId}`,
    ],
  }
}

function refunded({ orderId, amount }: { orderId: string; amount: Money }) {
  return {
    subject: `Your refund for order ${orderId}`,
    paragraphs: [`We have given ${formatMoney(amount)} back to you.`, `Order number: ${orderId}`],
  }
}
