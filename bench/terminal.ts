import { rounded, type Figure, type Table } from './contest.ts'
import type { Result } from './results.ts'

export function showResult({ title, figures, tables, failures = [] }: Result): void {
  console.log(`\n${title}`)
  for (const figure of figures) console.log(`  ${sentenceFor(figure)}`)
  for (const table of tables) showTable(table)
  for (const failure of failures) console.log(`\n  FAILED: ${failure}`)
}

export function sentenceFor(figure: Figure): string {
  const { title, oursSpread, limitSpread, ratioSpread, unit } = figure
  const ratio = `${ratioSpread.median.toFixed(2)} (${ratioSpread.min.toFixed(2)} to ${ratioSpread.max.toFixed(2)})`
  const verdict = { reached: 'goal reached', missed: 'goal missed', none: '' }[verdictOf(figure)]
  return `${title}: ${rounded(oursSpread.median)} ${unit}, limit ${rounded(limitSpread.median)}, ratio ${ratio} ${verdict}`.trim()
}

export function verdictOf({ goal, ratioSpread, oursSpread, better }: Figure): 'reached' | 'missed' | 'none' {
  if (!goal) return 'none'
  const { ratio, value } = goal
  const reached =
    (ratio === undefined || ratioSpread.median >= ratio) &&
    (value === undefined || (better === 'higher' ? oursSpread.median >= value : oursSpread.median <= value))
  return reached ? 'reached' : 'missed'
}

function showTable({ title, columns, rows, note }: Table): void {
  const cells = [columns, ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? rounded(cell) : cell)))]
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  console.log(`\n  ${title}`)
  for (const row of cells) console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`)
  if (note) console.log(`  ${note}`)
}
