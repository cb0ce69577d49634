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
  /** As they were ordered. */
  lines: readonly Quantity[]
  /** Pieces that go another way than the rest, by SKU. Facts only add to it, so it is the same in whatever order they come. */
  apart: Apart
}

/**
 * Pieces of one SKU: cancelled ones are not reserved or shipped with the others, those in a parcel are shipped before them. Of those that
 * came back, restocked ones are on the shelf again; discarded ones are not, and count as shipped for ever.
 */
export type Apart = Readonly<Record<string, Readonly<Partial<Record<Way, number>>>>>
type Way = 'cancelled' | 'inParcels' | 'restocked' | 'discarded'

export interface Returned extends Quantity {
  restocked: boolean
}

/** What has become of an order, as far as its stock is concerned. The facts may come in any order. */
export type Fact =
  | { kind: 'placed' | 'reduced' | 'parcel'; lines: readonly Quantity[] }
  | { kind: 'closed' }
  | { kind: 'shipped' }
  /** Pieces came back. With the last of them the order is returned. */
  | { kind: 'came-back'; lines: readonly Returned[] }
  /** All came back at once, and are on the shelf. */
  | { kind: 'returned' }

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

/** @throws Unrecoverable when more pieces would be cancelled, back or in parcels than the order has */
export function decide(reservation: Reservation, fact: Fact, free: ReadonlyMap<string, number>): Decision {
  const decision = followFrom(reservation, fact, free)
  if (decision.next !== reservation) expectSoMany(decision.next)
  return decision
}

function followFrom(reservation: Reservation, fact: Fact, free: ReadonlyMap<string, number>): Decision {
  if (fact.kind === 'placed')
    return reservation.status === 'open' ? reserve(reservation, fact.lines, free) : unchanged(reservation)
  if (fact.kind === 'reduced')
    return { next: endedByPieces(setApart(reservation, 'cancelled', fact.lines)), missing: [] }
  if (fact.kind === 'came-back') return { next: takeBack(reservation, fact.lines), missing: [] }
  if (fact.kind === 'shipped' || fact.kind === 'parcel') assertReserved(reservation)
  if (fact.kind === 'parcel') return { next: setApart(reservation, 'inParcels', fact.lines), missing: [] }
  return { next: { ...reservation, status: NEXT[fact.kind][reservation.status] ?? reservation.status }, missing: [] }
}

const unchanged = (reservation: Reservation): Decision => ({ next: reservation, missing: [] })

/** All lines or none. What was cancelled before is not wanted any more. */
function reserve({ apart }: Reservation, ordered: readonly Quantity[], free: ReadonlyMap<string, number>): Decision {
  const lines = mergeLines(ordered)
  const missing = missingOf(wantedOf({ lines, apart }), free)
  return { next: { status: missing.length === 0 ? 'reserved' : 'rejected', lines, apart }, missing }
}

function setApart(reservation: Reservation, way: Way, lines: readonly Quantity[]): Reservation {
  const added = mergeLines(lines).map(({ sku, quantity }) => {
    const before = reservation.apart[sku] ?? {}
    return [sku, { ...before, [way]: (before[way] ?? 0) + quantity }]
  })
  return { ...reservation, apart: { ...reservation.apart, ...Object.fromEntries(added) } }
}

/** While nothing is known of the order, neither is how many there are. */
function expectSoMany({ lines, apart }: Reservation) {
  if (lines.length === 0) return
  const ordered = new Map(lines.map(({ sku, quantity }) => [sku, quantity]))
  for (const [sku, { cancelled = 0, inParcels = 0, restocked = 0, discarded = 0 }] of Object.entries(apart)) {
    const gone = cancelled + Math.max(inParcels, restocked + discarded)
    const most = ordered.get(sku) ?? 0
    if (gone > most)
      throw new Unrecoverable(`The order has ${most} of ${sku}, and ${gone} would be cancelled, back or in parcels`)
  }
}

/** Perhaps before it is heard that they were shipped. */
function takeBack(reservation: Reservation, lines: readonly Returned[]): Reservation {
  const restocked = lines.filter((line) => line.restocked)
  const discarded = lines.filter((line) => !line.restocked)
  return endedByPieces(setApart(setApart(reservation, 'restocked', restocked), 'discarded', discarded))
}

/** Returned once some have come back and none is left, be it the return or a cancellation that is heard of last. */
function endedByPieces(reservation: Reservation): Reservation {
  const { status, lines, apart } = reservation
  const isWith = status === 'reserved' || status === 'shipped'
  const hasReturns = Object.values(apart).some(({ restocked = 0, discarded = 0 }) => restocked + discarded > 0)
  const isRest = isWith && hasReturns && lines.every((line) => restOf(line, apart) === 0)
  return isRest ? { ...reservation, status: 'returned' } : reservation
}

/** Pieces of a line that go the way of the order. */
function restOf({ sku, quantity }: Quantity, apart: Apart): number {
  const { cancelled = 0, restocked = 0, discarded = 0 } = apart[sku] ?? {}
  return Math.max(0, quantity - cancelled - restocked - discarded)
}

/** The lines of an order without what was cancelled of them. */
export const wantedOf = ({ lines, apart }: Pick<Reservation, 'lines' | 'apart'>): Quantity[] =>
  lines.flatMap(({ sku, quantity }) => {
    const wanted = quantity - (apart[sku]?.cancelled ?? 0)
    return wanted > 0 ? [{ sku, quantity: wanted }] : []
  })

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
  const [from, to] = [placesOf(before), placesOf(after)]
  return after.lines.flatMap(({ sku }) => {
    const [reserved, shipped] = (['reserved', 'shipped'] as const).map(
      (place) => (to[place].get(sku) ?? 0) - (from[place].get(sku) ?? 0),
    ) as [number, number]
    return reserved === 0 && shipped === 0 ? [] : [{ sku, onHand: -reserved - shipped, reserved, shipped }]
  })
}

/** Pieces that a movement brought back to the shelf. */
export const broughtBack = (movements: readonly Movement[]): Quantity[] =>
  movements.flatMap(({ sku, onHand }) => (onHand > 0 ? [{ sku, quantity: onHand }] : []))

/** Goods have left for an order that is in one of these. */
const TAKEN: ReadonlySet<Status> = new Set<Status>(['reserved', 'shipped', 'returned'])

/** Pieces of a reservation that are not on the shelf. */
function placesOf({ status, lines, apart }: Reservation) {
  const of = (place: Place) =>
    new Map(
      lines.map((line) => {
        const rest = restOf(line, apart)
        const inParcels = status === 'reserved' ? Math.min(rest, apart[line.sku]?.inParcels ?? 0) : 0
        const discarded = TAKEN.has(status) ? (apart[line.sku]?.discarded ?? 0) : 0
        const early = place === 'shipped' ? discarded + inParcels : -inParcels
        return [line.sku, early + (PLACE[status] === place ? rest : 0)]
      }),
    )
  return { reserved: of('reserved'), shipped: of('shipped') }
}
