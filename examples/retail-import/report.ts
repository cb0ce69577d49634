import type { Sorted } from './invoices.ts'
import type { Placed } from './place-orders.ts'

const NUMBER = new Intl.NumberFormat('en')
const n = (count: number) => NUMBER.format(count)

/** What is in the file, and what becomes of it. */
export function describeFile({ lines, orders, cancellations, accepted, refused, invoices }: Sorted): string {
  return [
    `${n(lines)} lines: ${n(orders)} orders and ${n(cancellations)} cancellations`,
    ...table([['lines accepted', accepted], ...refusedLines(refused)]),
    `${n(invoices.length)} orders have good lines; of ${n(orders - invoices.length)} every line is refused`,
  ].join('\n')
}

function refusedLines(refused: Sorted['refused']): [string, number][] {
  return byCount(refused).map(([why, count]) => [`lines refused: ${why}`, count])
}

export function describePlaced({ ids, replayed, refused }: Placed, seconds: number): string {
  const again = replayed > 0 ? `, ${n(replayed)} of them by an earlier import` : ''
  return [
    `${n(ids.length)} orders placed in ${seconds.toFixed(1)} s${again}`,
    ...table(byCount(refused).map(([code, count]) => [`refused by the API: ${code}`, count])),
  ].join('\n')
}

export function describeOutcomes(outcomes: Map<string, number>, seconds: number): string {
  return [`decided ${seconds.toFixed(1)} s after the first was placed`, ...table(byCount(outcomes))].join('\n')
}

const byCount = <Key>(counts: Map<Key, number>) => [...counts].toSorted(([, a], [, b]) => b - a)

function table(rows: [what: string, count: number][]): string[] {
  const width = Math.max(0, ...rows.map(([, count]) => n(count).length))
  return rows.map(([what, count]) => `  ${n(count).padStart(width)}  ${what}`)
}
