import type { Costs, OrderLine } from '#events'

interface Bought {
  readonly lines: readonly OrderLine[]
  readonly costs: Costs | null
}

/**
 * What was paid for pieces of one line, after `before` others of it: with their discount and tax. All pieces of a line cost what the
 * line cost: of 100 for three, the first costs 33, the next 33, the last 34.
 * @returns minor units
 */
export function costOfPieces({ lines, costs }: Bought, place: number, before: number, pieces: number): number {
  const { quantity, unitPrice } = lines[place]!
  const total = costs?.lines[place]?.total ?? quantity * unitPrice
  const upTo = (count: number) => Number((BigInt(total) * BigInt(count)) / BigInt(quantity))
  return upTo(before + pieces) - upTo(before)
}
