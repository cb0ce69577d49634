import { Unrecoverable } from '#messaging'
import type { Money } from '#events'

export type Status = 'pending' | 'authorized' | 'captured' | 'refunded' | 'voided' | 'declined' | 'failed'

/** The money of one order. */
export interface Payment {
  status: Status
  /** The order wants no money any more: whatever is held or taken, now or later, goes back. */
  closed: boolean
  authorizationId: string | null
  /** What was authorized. */
  amount: Money | null
  /** What has gone back, in minor units. */
  refunded: number
  /** What is set aside for refunds that are not settled. */
  refunding: number
}

export type Fact =
  | { kind: 'authorized'; authorizationId: string; amount: Money }
  /** Without a refund it goes back because the order is closed. */
  | { kind: 'refunded'; amount: number; refundId?: string }
  | { kind: 'refund-requested' | 'refund-failed'; amount: number }
  | { kind: 'declined' | 'captured' | 'failed' | 'voided' | 'closed' }

/** No transition stands here for closing: it may happen in any status and changes none. */
const FROM: Record<Exclude<Fact['kind'], 'closed'>, readonly Status[]> = {
  authorized: ['pending'],
  declined: ['pending'],
  captured: ['authorized'],
  failed: ['authorized'],
  // After a failed capture the bank still holds the money.
  voided: ['authorized', 'failed'],
  refunded: ['captured'],
  'refund-requested': ['captured'],
  'refund-failed': ['captured'],
}

export const NONE_BACK = { refunded: 0, refunding: 0 } as const
export const unknownPayment: Payment = {
  status: 'pending',
  closed: false,
  authorizationId: null,
  amount: null,
  ...NONE_BACK,
}

/** @throws Unrecoverable for a fact that cannot follow: money would be booked twice or from nowhere */
export function evolve(payment: Payment, fact: Fact): Payment {
  if (fact.kind === 'closed') return { ...payment, closed: true }
  if (!FROM[fact.kind].includes(payment.status))
    throw new Unrecoverable(`A payment that is ${payment.status} cannot become ${fact.kind}`)
  switch (fact.kind) {
    case 'authorized':
      return { ...payment, status: 'authorized', authorizationId: fact.authorizationId, amount: fact.amount }
    case 'refunded':
    case 'refund-requested':
    case 'refund-failed':
      return afterRefund(payment, fact)
    default:
      return { ...payment, status: fact.kind }
  }
}

/** @throws Unrecoverable when more would go back than was taken */
function afterRefund(payment: Payment, fact: Fact & { amount: number }): Payment {
  const total = payment.amount!.amount
  const isAside = fact.kind === 'refund-failed' || (fact.kind === 'refunded' && fact.refundId !== undefined)
  const refunded = payment.refunded + (fact.kind === 'refunded' ? fact.amount : 0)
  const refunding =
    payment.refunding + (fact.kind === 'refund-requested' ? fact.amount : 0) - (isAside ? fact.amount : 0)
  if (refunding < 0 || refunded + refunding > total)
    throw new Unrecoverable(`Of ${total}, ${refunded} would have gone back and ${refunding} be on its way back`)
  return { ...payment, refunded, refunding, status: refunded === total ? 'refunded' : 'captured' }
}

export type Return = 'void' | 'refund'

/** What is owed to the customer of a closed order at this moment. Not yet authorized: nothing, so far. */
export function returnOwed({ closed, status }: Payment): Return | undefined {
  if (!closed) return undefined
  if (status === 'authorized' || status === 'failed') return 'void'
  return status === 'captured' ? 'refund' : undefined
}

export interface Entry {
  kind: 'authorized' | 'captured' | 'voided' | 'refunded'
  held: number
  taken: number
  refundId?: string
}

/** How a fact is booked: what it adds to the money held by the bank and to the money taken by the shop. */
export function entryOf(fact: Fact, amount: number): Entry | undefined {
  const { kind } = fact
  switch (kind) {
    case 'authorized':
      return { kind, held: amount, taken: 0 }
    case 'captured':
      return { kind, held: -amount, taken: amount }
    case 'voided':
      return { kind, held: -amount, taken: 0 }
    case 'refunded':
      return { kind, held: 0, taken: 0 - fact.amount, ...(fact.refundId && { refundId: fact.refundId }) }
    default:
      return undefined
  }
}
