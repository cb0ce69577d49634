import { PaymentRefunded, RefundFailed, type Money } from '#events'
import { type NewEvent, type RecordedOf, Unrecoverable } from '#messaging'
import type { RefundRequested } from '#events'
import type { GatewayAnswer } from '#payment-gateway'
import type { Transaction } from '#platform/database'
import { keepPayments, type Change } from '../store.ts'
import { openAmong, settleRefunds } from './store.ts'

type Requested = RecordedOf<typeof RefundRequested>['data']

/** Books what the gateway said of refunds: the money is back, or can be refunded again. A refund that is settled stays as it is. */
export async function carryOutRefunds(
  tx: Transaction,
  requests: readonly Requested[],
  answers: readonly GatewayAnswer[],
  now: Date,
) {
  const open = await openAmong(
    tx,
    requests.map(({ refundId }) => refundId),
  )
  const ended = requests.flatMap(({ refundId: id }, index) => {
    const answer = answers[index]!
    return open.has(id) ? [{ id, code: answer.ok ? null : answer.code }] : []
  })
  const orderIds = requests.map(({ orderId }) => orderId)
  const published = await keepPayments(tx, orderIds, now, (_payment, index) => {
    const request = requests[index]!
    const amount = open.get(request.refundId)
    if (!open.delete(request.refundId)) return { facts: [] }
    if (amount !== request.amount.amount) throw otherAmount(request, amount)
    return recordRefund(request, answers[index]!)
  })
  await settleRefunds(tx, ended, now)
  return published
}

const otherAmount = ({ refundId, amount }: Requested, wanted: number | undefined) =>
  new Unrecoverable(`The refund '${refundId}' is over ${wanted}, and this event asked the gateway for ${amount.amount}`)

/** What follows from the gateway's answer. */
export function recordRefund(
  { orderId, refundId, amount }: { orderId: string; refundId: string; amount: Money },
  answer: GatewayAnswer,
): Change<NewEvent> {
  if (answer.ok)
    return {
      facts: [{ kind: 'refunded', amount: amount.amount, refundId }],
      publish: PaymentRefunded({ orderId, amount, refundId }),
    }
  const { code, detail } = answer
  return {
    facts: [{ kind: 'refund-failed', amount: amount.amount }],
    publish: RefundFailed({ orderId, refundId, amount, code, detail }),
  }
}
