import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { firstIdSince } from '#platform/uuid'
import { ORDER_STATUSES } from '../state/order-states.ts'

const PlacedRow = row({ at: z.date(), orders: z.int() })
const StatusRow = row({ status: z.enum(ORDER_STATUSES), orders: z.int() })

/** Seconds of one bar of the series. */
const BAR_SECONDS = 5
const BARS = 60

/** Orders placed in the last five minutes, in bars of five seconds, the oldest first; bars without orders are there too. */
export async function readPlaced(db: Database, now = Date.now()) {
  const barMs = BAR_SECONDS * 1_000
  const last = Math.floor(now / barMs) * barMs
  const first = last - (BARS - 1) * barMs
  const rows = await readRows(db, PlacedRow)`
    SELECT date_bin(make_interval(secs => ${BAR_SECONDS}), placed_at, '2000-01-01'::timestamptz) AS at, count(*)::int AS orders
    FROM orders WHERE id >= ${firstIdSince(first)}::uuid GROUP BY 1`
  const found = new Map(rows.map(({ at, orders }) => [at.getTime(), orders]))
  return Array.from({ length: BARS }, (_, index) => {
    const at = first + index * barMs
    return { at: new Date(at), orders: found.get(at) ?? 0, seconds: BAR_SECONDS }
  })
}

/** How many of the orders placed in the last `hours` are in each state; states without orders are there too. */
export async function readStates(db: Database, hours: number, now = Date.now()) {
  const rows = await readRows(db, StatusRow)`
    SELECT status, count(*)::int AS orders FROM orders
    WHERE id >= ${firstIdSince(now - hours * 3_600_000)}::uuid GROUP BY status`
  const found = new Map(rows.map(({ status, orders }) => [status, orders]))
  return ORDER_STATUSES.map((status) => ({ status, orders: found.get(status) ?? 0 }))
}
