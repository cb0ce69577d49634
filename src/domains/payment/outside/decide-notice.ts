import type { Notice } from '#payment-gateway'
import type { Payment } from '../payment.ts'
import type { Refund } from '../refunds/store.ts'

/** `book`: a refund that the books have room for. `later`: what it is about is under way here. */
export type Verdict = 'nothing' | 'book' | 'deviation' | 'later'

/**
 * What a notice of the provider means for the books of its order.
 * @param ours how the refund that it is about stands here, where it is one of ours
 */
export function decideNotice(
  { status, closed, amount, refunded, refunding }: Payment,
  { kind, isOurs, amount: told }: Notice,
  ours?: Refund['status'],
): Verdict {
  if (isOurs) return 'nothing'
  // One that has failed here as well can be refunded again: who paid it in another way, too, would pay twice.
  if (kind === 'refund-failed' && ours === 'failed') return 'nothing'
  if (kind === 'refund-failed' && ours === 'requested') return 'later'
  if (kind === 'hold-canceled') {
    const isWanted = !closed && (status === 'authorized' || status === 'failed')
    return isWanted ? 'deviation' : 'nothing'
  }
  if (kind !== 'refunded') return 'deviation'
  if (status === 'pending' || status === 'authorized') return 'later' // the capture is not booked yet
  const left = status === 'captured' ? amount!.amount - refunded : 0
  if (told.currency !== amount?.currency || told.amount > left) return 'deviation'
  return told.amount > left - refunding ? 'later' : 'book'
}
