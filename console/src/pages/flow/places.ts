import type { Flow } from '../../../../src/admin/contract/index.ts'

interface Place {
  column: number
  row: number
}

/**
 * Columns from left to right: whoever begins, what that publishes, who reacts, and so on. A name stands where it is reached first; within
 * a column it stands near those that lead to it.
 */
export function placesOf({ publishers, publishes, reacts }: Flow): ReadonlyMap<string, Place> {
  const links = [...publishes, ...reacts]
  const places = new Map<string, Place>()
  let column = publishers.filter(({ kind }) => kind !== 'reaction').map(({ name }) => name)
  for (let index = 0; column.length > 0; index++) {
    column.forEach((name, row) => places.set(name, { column: index, row: row - (column.length - 1) / 2 }))
    const reached = new Set(column.flatMap((name) => links.filter(({ from }) => from === name).map(({ to }) => to)))
    const next = [...reached].filter((name) => !places.has(name))
    column = next.toSorted((a, b) => meanOf(a) - meanOf(b))
  }
  return places

  function meanOf(name: string): number {
    const rows = links.flatMap(({ from, to }) => (to === name ? [places.get(from)?.row ?? []].flat() : []))
    return rows.reduce((sum, row) => sum + row, 0) / Math.max(1, rows.length)
  }
}
