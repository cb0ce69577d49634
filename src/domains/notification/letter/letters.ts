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
export function letterAbout(occasion: Occasion, { name, number }: Addressee): Letter {
  const order = number ?? occasion.data.orderId
  return { greeting: `Dear ${plainWords(name, LONGEST_NAME) ?? 'customer'},`, ...contentOf(occasion, order) }
}

/** Who is written to, and by what number they know their order; orders from before there were numbers have none. */
export type Addressee = Pick<Customer, 'name'> & { readonly number?: string | undefined }

function contentOf(occasion: Occasion, order: string): Omit<Letter, 'greeting'> {
  switch (occasion.type) {
    case 'order.confirmed':
      return confirmed({ ...occasion.data, order })
    case 'order.rejected':
      return rejected({ ...occasion.data, order })
    case 'order.cancelled':
      return cancelled({ ...occasion.data, order })
    case 'order.shipped':
      return shipped({ ...occasion.data, order })
    case 'payment.refunded':
      return refunded({ ...occasion.data, order })
  }
}

interface Confirmed {
  order: string
  lines: readonly OrderLine[]
  total: Money
  costs?: Costs | undefined
}

function confirmed({ order, lines, total, costs }: Confirmed) {
  return {
    subject: `Your order ${order} is confirmed`,
    paragraphs: ['Thank you. Your order is confirmed and will be on its way soon.', `Order number: ${order}`],
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

function rejected({ order, reason }: { order: string; reason: RejectionReason }) {
  return {
    subject: `We could not accept your order ${order}`,
    paragraphs: [
      `We are sorry: we could not accept your order. ${WHY_REJECTED[reason]}`,
      'You have not been charged; if an amount was reserved, it is free again.',
      `Order number: ${order}`,
    ],
  }
}

function cancelled({ order, reason }: { order: string; reason: string }) {
  const words = plainWords(reason, LONGEST_REASON)
  return {
    subject: `Your order ${order} is cancelled`,
    paragraphs: [
      'Your order is cancelled. Whatever was paid for it is given back.',
      ...(words === undefined ? [] : [`Reason: ${words}`]),
      `Order number: ${order}`,
    ],
  }
}

function shipped({ order, carrier, trackingNumber }: { order: string; carrier: string; trackingNumber: string }) {
  return {
    subject: `Your order ${order} is on its way`,
    paragraphs: [
      `Your parcel is with ${carrier}, under the tracking number ${trackingNumber}.`,
      `Order number: ${order}`,
    ],
  }
}

function refunded({ order, amount }: { order: string; amount: Money }) {
  return {
    subject: `Your refund for order ${order}`,
    paragraphs: [`We have given ${formatMoney(amount)} back to you.`, `Order number: ${order}`],
  }
}
