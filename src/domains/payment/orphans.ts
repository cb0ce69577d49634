import type { Money } from '#events'
import type { Database } from '#platform/database'
import { refused, type PaymentGateway } from '#payment-gateway'
import { NONE_BACK, type Fact, type Payment, type Return } from './payment.ts'
import { giveBack, recordReturn, type Returned } from './return.ts'
import { keepPayments, paymentOf } from './store.ts'

/** Money that is held or was taken for an order that does not exist. */
export interface Orphan {
  orderId: string
  authorizationId: string
  amount: Money
  /** As the gateway has it, or our ledger. */
  state: 'authorized' | 'captured'
}

/**
 * Gives the money back and books that. What the gateway holds is booked before it is asked, so that a crash in between
 * leaves a payment without an order, which is found again. Afterwards the payment is closed for whatever comes for it still.
 * Publishes nothing: there is no order whose events these could be.
 * @returns what was done; nothing when it had gone back already
 * @throws what the gateway's client throws
 */
export async function letGo(
  db: Database,
  gateway: PaymentGateway,
  orphan: Orphan,
  signal: AbortSignal,
): Promise<Return | undefined> {
  const { orderId, authorizationId, state } = orphan
  await book(db, orderId, (payment) => hold(payment, orphan))
  const payment = await paymentOf(db, orderId)
  if (payment.authorizationId !== authorizationId) {
    // A second hold of this order: the ledger has room for one.
    const second = { status: state, closed: true, authorizationId, amount: orphan.amount, ...NONE_BACK }
    return accepted(await giveBack(gateway, second, signal))?.action
  }
  const returned = accepted(await giveBack(gateway, payment, signal))
  await book(db, orderId, (now) => recordReturn(now, true, orderId, returned).facts)
  return returned?.action
}

function hold({ status, closed }: Payment, { authorizationId, amount }: Orphan): Fact[] {
  const held: Fact[] = status === 'pending' ? [{ kind: 'authorized', authorizationId, amount }] : []
  return closed ? held : [...held, { kind: 'closed' }]
}

function accepted(returned: Returned | undefined): Returned | undefined {
  if (returned && !returned.answer.ok)
    throw refused(`The payment gateway does not ${returned.action} the payment`, returned.answer)
  return returned
}

function book(db: Database, orderId: string, decide: (payment: Payment) => readonly Fact[]) {
  const now = new Date()
  return db.$transaction((tx) => keepPayments(tx, [orderId], now, (payment) => ({ facts: decide(payment) })))
}
