import type { Flow } from '../../../../src/admin/contract/index.ts'

interface Place {
  /** Pixels, of its left upper corner. */
  x: number
  y: number
  column: number
}

/** Pixels. Who begins, what that publishes, who reacts, and what reactions publish. */
const COLUMNS = [
  { width: 240, pitch: 54 },
  { width: 190, pitch: 54 },
  { width: 250, pitch: 82 },
  { width: 190, pitch: 54 },
] as const
const GAP = 96

/** Where each column begins, and how wide all of them are. */
const lefts = COLUMNS.map((_, index) => COLUMNS.slice(0, index).reduce((left, { width }) => left + width + GAP, 0))
export const WIDTH = lefts.at(-1)! + COLUMNS.at(-1)!.width
export const widthOf = (column: number): number => COLUMNS[column]!.width

/** So often each column is put into the order of its neighbours; then it hardly changes any more. */
const SWEEPS = 8

/** Four columns, each in such an order that few lines cross: every part stands near those that it is linked with. */
export function placesOf(flow: Flow): ReadonlyMap<string, Place> {
  const links = [...flow.publishes, ...flow.reacts]
  const neighbours = (name: string) =>
    links.flatMap(({ from, to }) => (from === name ? [to] : to === name ? [from] : []))
  let columns = columnsOf(flow)
  let places = placed(columns)
  const meanOf = (name: string): number => {
    const known = neighbours(name).flatMap((one) => places.get(one)?.y ?? [])
    return known.length === 0 ? Number.POSITIVE_INFINITY : known.reduce((sum, y) => sum + y, 0) / known.length
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (const index of columns.keys()) {
      columns = columns.with(
        index,
        columns[index]!.toSorted((a, b) => meanOf(a) - meanOf(b) || 0),
      )
      places = placed(columns)
    }
  return places
}

function columnsOf({ publishers, publishes, reacts, types }: Flow): string[][] {
  const outside = new Set(publishers.filter(({ kind }) => kind !== 'reaction').map(({ name }) => name))
  const reactions = new Set([
    ...reacts.map(({ to }) => to),
    ...publishers.filter(({ kind }) => kind === 'reaction').map(({ name }) => name),
  ])
  const results = new Set(publishes.filter(({ from }) => reactions.has(from)).map(({ to }) => to))
  for (const { from, to } of publishes) if (outside.has(from)) results.delete(to)
  return [[...outside], types.filter((type) => !results.has(type)), [...reactions], [...results]]
}

/** Each column stands in the middle of the highest one. */
function placed(columns: readonly string[][]): Map<string, Place> {
  const heights = columns.map((names, index) => names.length * COLUMNS[index]!.pitch)
  const highest = Math.max(...heights)
  return new Map(
    columns.flatMap((names, column) =>
      names.map((name, row) => {
        const y = (highest - heights[column]!) / 2 + row * COLUMNS[column]!.pitch
        return [name, { x: lefts[column]!, y, column }] as const
      }),
    ),
  )
}

/** Pixels, from the first row to the end of the last one. */
export const heightOf = (flow: Flow): number =>
  Math.max(...columnsOf(flow).map((names, index) => names.length * COLUMNS[index]!.pitch))
