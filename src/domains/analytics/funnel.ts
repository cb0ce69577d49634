import type { ORDER_STATES } from '#events'
import { stateAfter } from '#events'
import type { RecordedOf } from '#messaging'

export type StateFact = RecordedOf<(typeof ORDER_STATES)[number]>

/** An order that may still move on. */
export interface Moving {
  orderId: string
  state: string
  /** Since when, in milliseconds since 1970. */
  since: number
  /** The day it was placed on (UTC), as `2026-11-21`. */
  day: string
}

/** An order has gone from one state to another; from nothing to `placed` at first. */
export interface Step {
  day: string
  from: string
  to: string
  ms: number
}

const ENDS = new Set(['rejected', 'cancelled', 'expired', 'returned'])

/** Where a fact takes an order. One whose placing is not among the events is left out. */
export function move(order: Moving | undefined, { type, time, data }: StateFact): { order?: Moving; step?: Step } {
  const to = stateAfter(type)
  const now = time.getTime()
  if (type === 'order.placed') {
    const day = time.toISOString().slice(0, 10)
    return { order: { orderId: data.orderId, state: to, since: now, day }, step: { day, from: '', to, ms: 0 } }
  }
  if (!order) return {}
  const step = { day: order.day, from: order.state, to, ms: Math.max(0, now - order.since) }
  return ENDS.has(to) ? { step } : { order: { ...order, state: to, since: now }, step }
}

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
