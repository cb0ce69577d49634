import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../dev/services/index.ts'
import { rounded, type Figure, type Table } from './benchmark.ts'
import type { Result, Results } from './results.ts'
import { spreadOf, type Spread } from './statistics.ts'

const FILE = 'docs/performance.md'

/** Writes docs/performance.md from the committed results. @returns its place in the project */
export function writeReport(results: Results): string {
  const all = Object.values(results)
  writeFileSync(path.join(PROJECT, FILE), [INTRODUCTION, summary(all), ...all.map(section)].join('\n\n') + '\n')
  return FILE
}

const INTRODUCTION = `<!-- Written by \`npm run bench -- report\` from bench/results/reference.json. Do not edit. -->

# Performance

Every figure stands beside a baseline of the same machine that was measured in the same minutes: baseline, ours, baseline, ours, and
so on. The ratio is what carries over to another machine; 1 is the baseline itself. Medians over all rounds, the lowest and the
highest in brackets. Database, broker, our processes and the load generator share the machine.

What bounds the goals that are missed, and what was tried: [bottlenecks.md](bottlenecks.md). How to measure it yourself: \`npm run bench\`, or
\`npx --package node@24 npm run bench\` for the version of Node that stands below a table; \`npm run bench -- --help\` tells the options.`

function summary(results: readonly Result[]): string {
  const rows = results.flatMap(({ figures }) =>
    figures
      .filter(({ goal }) => goal)
      .map((figure) => [figure.title, ours(figure), ratio(figure), goal(figure), verdictOf(figure)]),
  )
  return `## Goals\n\n${markdownTable(['', 'ours', 'ratio', 'goal', ''], rows)}`
}

function section(result: Result): string {
  const { title, method, figures, tables } = result
  const parts = [`## ${title}`, method]
  if (figures.length > 0) parts.push(figureTable(figures))
  parts.push(...tables.map(tableText), provenance(result))
  return parts.join('\n\n')
}

function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.title,
    `${ours(figure)}<br>${figure.oursTitle}`,
    `${withSpread(figure.baselineSpread, figure.unit)}<br>${figure.baselineTitle}`,
    ratio(figure),
  ])
  return markdownTable(['', 'ours', 'baseline', 'ratio'], rows)
}

function tableText({ title, columns, rows, note }: Table): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? rounded(cell) : cell)))
  return [`### ${title}`, markdownTable(columns, cells), ...(note ? [note] : [])].join('\n\n')
}

function provenance({ command, at, commit, machine, versions, settings }: Result): string {
  const { cpu, cores, memoryGb, system, loadBefore } = machine
  const listed = (entries: Record<string, string | number>) =>
    Object.entries(entries)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')
  return [
    `\`${command}\`, ${at.slice(0, 10)}${commit ? `, commit ${commit}` : ''}.`,
    `${cores} cores of ${cpu}, ${memoryGb} GB, ${system}; load average before the run ${loadBefore}.`,
    `${listed(versions)}. ${listed(settings)}.`,
  ].join('\n')
}

const ours = ({ oursSpread, unit }: Figure) => withSpread(oursSpread, unit)

function ratio({ rounds }: Figure): string {
  const { median, min, max } = spreadOf(rounds)
  return `**${median.toFixed(2)}** (${min.toFixed(2)}–${max.toFixed(2)})`
}

function goal({ goal, unit, better }: Figure): string {
  const parts = [
    ...(goal?.ratio === undefined ? [] : [`ratio ≥ ${goal.ratio}`]),
    ...(goal?.value === undefined ? [] : [`${better === 'lower' ? '≤' : '≥'} ${goal.value} ${unit}`]),
  ]
  return parts.join(', ')
}

function verdictOf({ goal, rounds, oursSpread, better }: Figure): string {
  if (!goal) return ''
  const { ratio = 0, value } = goal
  const own = oursSpread.median
  const valueReached = value === undefined || (better === 'lower' ? own <= value : own >= value)
  return spreadOf(rounds).median >= ratio && valueReached ? 'reached' : 'missed'
}

function withSpread({ median, min, max }: Spread, unit: string): string {
  return `${rounded(median)} ${unit} (${rounded(min)}–${rounded(max)})`
}

function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
}

/** For the terminal. */
export function sentenceFor(figure: Figure): string {
  const { title, oursSpread, baselineSpread, unit } = figure
  const verdict = verdictOf(figure) && `goal ${verdictOf(figure)}`
  const pace = `${rounded(oursSpread.median)} ${unit}, baseline ${rounded(baselineSpread.median)}`
  return `${title}: ${pace}, ratio ${ratio(figure).replaceAll('*', '')} ${verdict}`.trim()
}

export function showResult({ title, figures, tables }: Result): void {
  const sentences = figures.map((figure) => `  ${sentenceFor(figure)}`)
  console.log(['', title, ...sentences, ...tables.map(tableText)].join('\n'))
}
