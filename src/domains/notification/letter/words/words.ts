import type { RejectionReason } from '#events'

/** Who brings a parcel, and under what number, as far as a text may say it. */
export interface Label {
  carrier?: string | undefined
  trackingNumber?: string | undefined
}

/** All that mails and texts say in one language. What is passed in is text already; HTML and plain text are made of it afterwards. */
export interface Words {
  greeting(name: string | undefined): string
  orderNumber(order: string): string
  closing: string
  confirmed: { subject(order: string): string; text: string; total: string }
  rows: {
    discount(code: string): string
    shipping(method: string): string
    tax(name: string, percent: string, included: boolean): string
  }
  rejected: { subject(order: string): string; text: string; why: Record<RejectionReason, string>; money: string }
  cancelled: { subject(order: string): string; text: string; reason(words: string): string }
  shipped: { subject(order: string): string; text(carrier: string, trackingNumber: string): string }
  parcel: { subject(order: string): string; holds: string }
  received: { subject(order: string): string; text: string; total: string }
  refunded: { subject(order: string): string; text(amount: string): string }
  /** Sent as SMS: every character outside of the alphabet of GSM doubles the price, such as ’ and the space that does not break. */
  texts: {
    shipped(order: string, label: Label): string
    parcel(order: string, label: Label): string
    delivered(order: string): string
    cancelled(order: string): string
  }
}
