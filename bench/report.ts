import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../dev/services/index.ts'
import { rounded, type Figure, type Table } from './contest.ts'
import type { Result, Results } from './results.ts'
import { verdictOf } from './terminal.ts'

const FILE = 'docs/performance.md'

/** Writes docs/performance.md from the committed results. @returns its place in the project */
export function writeReport(results: Results): string {
  const all = Object.values(results)
  writeFileSync(path.join(PROJECT, FILE), [INTRODUCTION, summary(all), ...all.map(section)].join('\n\n') + '\n')
  return FILE
}

const INTRODUCTION = `<!-- Written by \`npm run bench -- report\` from bench/results/reference.json. Do not edit. -->

# Performance

Every figure stands beside a limit of the same machine that was measured in the same minutes: limit, ours, limit, ours, and so
on. The ratio is what carries over to another machine; 1 is the limit itself. Medians over all rounds, the lowest and the
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
  const { title, method, figures, tables, failures = [] } = result
  const parts = [`## ${title}`, method]
  if (figures.length > 0) parts.push(figureTable(figures))
  parts.push(...tables.map(tableText), ...failures.map((failure) => `**Failed:** ${failure}`), provenance(result))
  return parts.join('\n\n')
}

function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.title,
    `${ours(figure)}<br>${figure.oursTitle}`,
    `${withSpread(figure.limitSpread, figure.unit)}<br>${figure.limitTitle}`,
    ratio(figure),
  ])
  return markdownTable(['', 'ours', 'limit', 'ratio'], rows)
}

function tableText({ title, columns, rows, note }: Table): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? rounded(cell) : cell)))
  return [`### ${title}`, markdownTable(columns, cells), ...(note ? [note] : [])].join('\n\n')
}

function provenance({ command, at, commit, machine, versions, settings }: Result): string {
  const { cpu, cores, memoryGb, system, flushUs, loadBefore } = machine
  const listed = (entries: Record<string, string | number>) =>
    Object.entries(entries)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')
  return [
    `\`${command}\`, ${at.slice(0, 10)}${commit ? `, commit ${commit}` : ''}.`,
    `${cores} cores of ${cpu}, ${memoryGb} GB, ${system}; ${flushUs} µs to flush 8 KiB to the disk; load average before the run ${loadBefore}.`,
    `${listed(versions)}. ${listed(settings)}.`,
  ].join('\n')
}

const ours = ({ oursSpread, unit }: Figure) => withSpread(oursSpread, unit)
const ratio = ({ ratioSpread }: Figure) =>
  `**${ratioSpread.median.toFixed(2)}** (${ratioSpread.min.toFixed(2)}–${ratioSpread.max.toFixed(2)})`

function goal({ goal, unit, better }: Figure): string {
  const parts = [
    ...(goal?.ratio === undefined ? [] : [`ratio ≥ ${goal.ratio}`]),
    ...(goal?.value === undefined ? [] : [`${better === 'higher' ? '≥' : '≤'} ${goal.value} ${unit}`]),
  ]
  return parts.join(', ')
}

function withSpread({ median, min, max }: Figure['oursSpread'], unit: string): string {
  return `${rounded(median)} ${unit} (${rounded(min)}–${rounded(max)})`
}

function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
}
