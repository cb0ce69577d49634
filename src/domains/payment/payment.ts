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
}

export type Fact =
  | { kind: 'authorized'; authorizationId: string; amount: Money }
  | { kind: 'declined' | 'captured' | 'failed' | 'voided' | 'refunded' | 'closed' }

/** No transition stands here for closing: it may happen in any status and changes none. */
const FROM: Record<Exclude<Fact['kind'], 'closed'>, readonly Status[]> = {
  authorized: ['pending'],
  declined: ['pending'],
  captured: ['authorized'],
  failed: ['authorized'],
  // After a failed capture the bank still holds the money.
  voided: ['authorized', 'failed'],
  refunded: ['captured'],
}

export const unknownPayment: Payment = { status: 'pending', closed: false, authorizationId: null, amount: null }

/** @throws Unrecoverable for a fact that cannot follow: money would be booked twice or from nowhere */
export function evolve(payment: Payment, fact: Fact): Payment {
  if (fact.kind === 'closed') return { ...payment, closed: true }
  if (!FROM[fact.kind].includes(payment.status))
    throw new Unrecoverable(`A payment that is ${payment.status} cannot become ${fact.kind}`)
  if (fact.kind !== 'authorized') return { ...payment, status: fact.kind }
  const { authorizationId, amount } = fact
  return { ...payment, status: 'authorized', authorizationId, amount }
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
}

/** How a fact is booked: what it adds to the money held by the bank and to the money taken by the shop. */
export function entryOf({ kind }: Fact, amount: number): Entry | undefined {
  switch (kind) {
    case 'authorized':
      return { kind, held: amount, taken: 0 }
    case 'captured':
      return { kind, held: -amount, taken: amount }
    case 'voided':
      return { kind, held: -amount, taken: 0 }
    case 'refunded':
      return { kind, held: 0, taken: -amount }
    default:
      return undefined
  }
}
