import { costOfPieces } from '#domains/pricing'
import { Refusal, reusedKey, type Fault } from '#http'
import type { Order } from './order.ts'
import { goneOf, inParcelsOf, piecesOf, type Pieces } from './parts.ts'

type Fate = 'cancelled' | 'returned' | 'shipped'

export interface Asked {
  readonly sku: string
  /** Without it, all that are left of the line. */
  readonly quantity?: number | undefined
}

/** Pieces of a line that are neither cancelled nor returned. */
const leftOf = ({ lines, parts }: Order, sku: string): number =>
  lines.filter((line) => line.sku === sku).reduce((sum, { quantity }) => sum + quantity, 0) -
  piecesOf(goneOf(parts), sku)

/** Of each line, the pieces that are neither cancelled nor returned. */
export const leftIn = (order: Order) =>
  order.lines.flatMap(({ sku }) => {
    const quantity = leftOf(order, sku)
    return quantity > 0 ? [{ sku, quantity }] : []
  })

/** Of each line, the pieces that are neither cancelled nor in a parcel. */
export const leftToShip = (order: Order) =>
  leftIn(order).flatMap(({ sku, quantity }) => {
    const left = quantity - inParcelsOf(order.parts, sku)
    return left > 0 ? [{ sku, quantity: left }] : []
  })

/**
 * Nothing happens for what was done under this id before. A key is known for 30 days, and its id is found for ever.
 * @throws Refusal where other pieces are asked for now
 */
export function unchanged({ lines }: { readonly lines: readonly Asked[] }, asked: readonly Asked[] = lines): [] {
  const skus = (all: readonly Asked[]) => [...new Set(all.map(({ sku }) => sku))].sort().join()
  /** NaN where all that were left are meant. */
  const pieces = (all: readonly Asked[], sku: string) =>
    all.reduce((sum, one) => (one.sku === sku ? sum + (one.quantity ?? Number.NaN) : sum), 0)
  const isOther = asked.some(({ sku }) => Math.abs(pieces(asked, sku) - pieces(lines, sku)) > 0)
  if (isOther || skus(asked) !== skus(lines)) throw reusedKey()
  return []
}

/**
 * The pieces that are asked for, each with what was paid for it, so that all pieces of a line add up to what the line cost.
 * @param what becomes of them; only what has left can come back, and only what has not left is cancelled or shipped
 * @throws Refusal when the order has not so many that are neither cancelled nor returned
 */
export function choosePieces<One extends Asked>(order: Order, asked: readonly One[], what: Fate) {
  const chosen: (Pieces & { readonly asked: One })[] = []
  for (const [index, one] of asked.entries()) chosen.push({ ...piecesFor(one, index), asked: one })
  return chosen

  function piecesFor({ sku, quantity: wanted }: Asked, index: number): Pieces {
    const place = order.lines.findIndex((line) => line.sku === sku)
    const line = order.lines[place]
    if (!line) throw invalid(`/lines/${index}/sku`, 'unknown-sku', `'${sku}' is not in the order`)
    const before = piecesOf([...goneOf(order.parts), { lines: chosen }], sku)
    const inParcels = what === 'returned' ? 0 : inParcelsOf(order.parts, sku)
    const quantity = wanted ?? line.quantity - before - inParcels
    if (quantity < 1 || before + inParcels + quantity > line.quantity) {
      const gone = `${before} are cancelled or returned${inParcels > 0 ? `, ${inParcels} in a parcel` : ''}`
      const why = `${line.quantity} were ordered and ${gone}; there are not ${wanted ?? 1} more`
      throw invalid(`/lines/${index}/quantity`, 'quantity-too-large', why)
    }
    return { sku, quantity, amount: costOfPieces(order, place, before, quantity) }
  }

  function invalid(pointer: string, code: string, detail: string) {
    const faults: Fault[] = [{ pointer, code, detail }]
    return new Refusal('invalid', code, `These pieces cannot be ${what}; see errors.`, { faults })
  }
}
