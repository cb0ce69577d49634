import { ORDER_STATES, OrderParcelShipped, OrderReduced, ShipmentDelivered, stateAfter } from '#events'
import type { RecordedOf } from '#messaging'

/** What takes an order to another state, and what says how much of it is left to ship and to arrive. */
export const FUNNEL_FACTS = [...ORDER_STATES, OrderReduced, OrderParcelShipped, ShipmentDelivered] as const
export type FunnelFact = RecordedOf<(typeof FUNNEL_FACTS)[number]>

/** An order that may still move on. */
export interface Moving {
  orderId: string
  /** That of the order, or of its goods where it is in several parcels: partially_shipped, partially_delivered. */
  state: string
  /** Since when, in milliseconds since 1970. */
  since: number
  /** The day it was placed on (UTC), as `2026-11-21`. */
  day: string
  /** Pieces that are neither cancelled nor in a parcel of the client. */
  left: number
  /** Parcels of the client that have not arrived. */
  underWay: readonly string[]
}

/** An order has gone from one state to another; from nothing to `placed` at first. */
export interface Step {
  day: string
  from: string
  to: string
  ms: number
}

const ENDS = new Set(['rejected', 'cancelled', 'expired', 'returned'])

/**
 * Where a fact takes an order. One whose placing is not among the events is left out. The last parcel is told together with
 * order.shipped, and the last arrival leads to order.delivered: an order is shipped or delivered in part only while something of it is not.
 */
export function move(order: Moving | undefined, fact: FunnelFact): { order?: Moving; step?: Step } {
  if (fact.type === 'order.placed') return placed(fact)
  if (!order) return {}
  switch (fact.type) {
    case 'order.reduced':
      return { order: { ...order, left: order.left - piecesIn(fact.data.lines) } }
    case 'order.parcel-shipped': {
      const left = order.left - piecesIn(fact.data.lines)
      const sent = { ...order, left, underWay: [...order.underWay, fact.data.shipmentId] }
      return left > 0 && order.state === 'confirmed' ? moved(sent, 'partially_shipped', fact) : { order: sent }
    }
    case 'shipment.delivered':
      return arrived(order, fact)
    default:
      if (fact.type === 'order.shipped' && order.state === 'partially_delivered') return { order }
      return moved(order, stateAfter(fact.type), fact)
  }
}

function placed({ time, data: { orderId, lines } }: Extract<FunnelFact, { type: 'order.placed' }>) {
  const day = time.toISOString().slice(0, 10)
  const order = { orderId, state: 'placed', since: time.getTime(), day, left: piecesIn(lines), underWay: [] }
  return { order, step: { day, from: '', to: 'placed', ms: 0 } }
}

/** The automatic parcel is none of these, and arrives with its order. */
function arrived(order: Moving, fact: Extract<FunnelFact, { type: 'shipment.delivered' }>) {
  const underWay = order.underWay.filter((id) => id !== fact.data.shipmentId)
  if (underWay.length === order.underWay.length) return { order }
  const next = { ...order, underWay }
  const isLast = underWay.length === 0 && order.left <= 0
  return isLast || order.state === 'partially_delivered' ? { order: next } : moved(next, 'partially_delivered', fact)
}

function moved(order: Moving, to: string, { time }: FunnelFact): { order?: Moving; step: Step } {
  const now = time.getTime()
  const step = { day: order.day, from: order.state, to, ms: Math.max(0, now - order.since) }
  return ENDS.has(to) ? { step } : { order: { ...order, state: to, since: now }, step }
}

const piecesIn = (lines: readonly { quantity: number }[]) => lines.reduce((sum, { quantity }) => sum + quantity, 0)

/** Buckets for each doubling of a duration: a quantile is at most 9 % too high. */
const RESOLUTION = 8

/** The bucket of a duration, by its logarithm, as HdrHistogram and DDSketch do: quantiles of sums of days are then exact enough. */
export const bucketOf = (ms: number) => (ms <= 1 ? 0 : Math.ceil(RESOLUTION * Math.log2(ms)))

/** The longest duration of a bucket, in milliseconds. */
const longestOf = (bucket: number) => 2 ** (bucket / RESOLUTION)

/** The duration that so large a share of orders did not exceed, in milliseconds. @param buckets orders by bucket */
export function quantile(buckets: ReadonlyMap<number, number>, share: number): number {
  const all = [...buckets.values()].reduce((sum, orders) => sum + orders, 0)
  let below = 0
  for (const [bucket, orders] of [...buckets].toSorted(([a], [b]) => a - b)) {
    below += orders
    if (below >= share * all) return longestOf(bucket)
  }
  return 0
}
