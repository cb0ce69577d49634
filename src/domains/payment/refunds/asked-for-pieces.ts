import type { Bought } from '#domains/order'
import { uuidOf } from '#platform/uuid'
import type { RefundedLine } from './refund-amount.ts'
import type { Refund } from './store.ts'

export type Earlier = Pick<Refund, 'id' | 'status' | 'lines'>

/** The pieces of one cancellation or return, and the refunds of them. */
export interface Asked {
  readonly lines: Bought['gone'][number]['lines']
  /** One after the other, the first under the id of the cancellation or return. */
  readonly asked: readonly Earlier[]
  /** What the latest of them was for, where it has failed: it is owed, and waits until somebody has looked. */
  readonly waiting: readonly RefundedLine[]
  /** The id of the next one. The gateway remembers its refusal under the ids before. */
  readonly nextId: string
}

/** How the pieces that are gone of an order are refunded, in the order in which they went. */
export function askedForPieces(gone: Bought['gone'], refunds: readonly Earlier[]): Asked[] {
  const byId = new Map(refunds.map((refund) => [refund.id, refund]))
  return gone.map(({ id, lines }) => {
    const asked: Earlier[] = []
    let nextId = id
    for (; byId.has(nextId); nextId = uuidOf(JSON.stringify([id, asked.length]))) asked.push(byId.get(nextId)!)
    const latest = asked.at(-1)
    return { lines, asked, waiting: latest?.status === 'failed' ? latest.lines : [], nextId }
  })
}
