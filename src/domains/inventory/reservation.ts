import { Unrecoverable } from '#messaging'

/** How many pieces of one SKU. */
export interface Quantity {
  sku: string
  quantity: number
}

/** A line that cannot be met; nobody asked for fewer pieces than there are. */
export interface Shortage {
  sku: string
  requested: number
  available: number
}

/** open: nothing is known yet. The others say where an order's goods have gone. */
export type Status = 'open' | 'reserved' | 'rejected' | 'released' | 'shipped' | 'returned'

export interface Reservation {
  status: Status
  lines: readonly Quantity[]
}

/** What has become of an order, as far as its stock is concerned. The facts may come in any order. */
export type Fact =
  { kind: 'placed'; lines: readonly Quantity[] } | { kind: 'closed' } | { kind: 'shipped' } | { kind: 'returned' }

export interface Decision {
  next: Reservation
  missing: readonly Shortage[]
}

/**
 * Where a fact leads from each status; where nothing stands, nothing changes. A closing fact that comes first leaves its
 * tombstone, and a return may overtake the shipping it belongs to. order.shipped and order.cancelled never both exist:
 * the order has decided that race before either was published.
 */
const NEXT: Record<'closed' | 'shipped' | 'returned', Partial<Record<Status, Status>>> = {
  closed: { open: 'released', reserved: 'released' },
  shipped: { reserved: 'shipped' },
  returned: { open: 'returned', reserved: 'returned', shipped: 'returned' },
}

export function decide(reservation: Reservation, fact: Fact, free: ReadonlyMap<string, number>): Decision {
  if (fact.kind === 'placed') return reservation.status === 'open' ? reserve(fact.lines, free) : unchanged(reservation)
  if (fact.kind === 'shipped') assertReserved(reservation)
  return { next: { ...reservation, status: NEXT[fact.kind][reservation.status] ?? reservation.status }, missing: [] }
}

const unchanged = (reservation: Reservation): Decision => ({ next: reservation, missing: [] })

/** All lines or none. */
function reserve(wanted: readonly Quantity[], free: ReadonlyMap<string, number>): Decision {
  const lines = mergeLines(wanted)
  const missing = missingOf(lines, free)
  return { next: { status: missing.length === 0 ? 'reserved' : 'rejected', lines }, missing }
}

/** The lines that `free` cannot meet; none when the whole order can be met. */
function missingOf(lines: readonly Quantity[], free: ReadonlyMap<string, number>): Shortage[] {
  return lines.flatMap(({ sku, quantity }) => {
    const available = free.get(sku) ?? 0
    return quantity > available ? [{ sku, requested: quantity, available }] : []
  })
}

/** One line per SKU, sorted. */
export function mergeLines(lines: readonly Quantity[]): Quantity[] {
  const sums = new Map<string, number>()
  for (const { sku, quantity } of lines) sums.set(sku, (sums.get(sku) ?? 0) + quantity)
  return [...sums].map(([sku, quantity]) => ({ sku, quantity })).sort((a, b) => (a.sku < b.sku ? -1 : 1))
}

/** An order is only confirmed, and so shipped, after its stock was reserved. */
function assertReserved({ status }: Reservation) {
  if (status === 'open') throw new Error('The order was shipped, but its stock was never asked for')
  if (status === 'rejected' || status === 'released')
    throw new Unrecoverable(`The order was shipped, but its stock was ${status}`)
}

type Place = 'onHand' | 'reserved' | 'shipped'

/** Where the goods of a reservation lie. */
const PLACE: Record<Status, Place> = {
  open: 'onHand',
  rejected: 'onHand',
  released: 'onHand',
  returned: 'onHand',
  reserved: 'reserved',
  shipped: 'shipped',
}

/** Pieces of one SKU that change their place; the three always sum up to zero. */
export type Movement = { sku: string } & Record<Place, number>

export function movementsOf(before: Reservation, after: Reservation): Movement[] {
  const [from, to] = [PLACE[before.status], PLACE[after.status]]
  if (from === to) return []
  return after.lines.map(({ sku, quantity }) => ({
    sku,
    onHand: 0,
    reserved: 0,
    shipped: 0,
    [from]: -quantity,
    [to]: quantity,
  }))
}
