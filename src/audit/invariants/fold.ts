import { deviations } from '#domains/order'
import type { Database, Transaction } from '#platform/database'
import type { Finding, Limits, Offender } from '../invariant.ts'

const INVARIANT = {
  invariant: 'order-is-the-fold-of-its-stream',
  says: 'The row of an order tells what the events of its stream add up to.',
  onlyWarns: false,
}

/** Folds the stream of every order with the function that the API and the reactions use: page by page, in little memory. */
export async function orderIsItsFold(db: Database | Transaction, { list }: Limits): Promise<Finding> {
  const offenders: Offender[] = []
  let count = 0
  for await (const { orderId, why } of deviations(db)) {
    count++
    if (offenders.length < list) offenders.push({ who: orderId, why })
  }
  return { ...INVARIANT, count, offenders }
}
