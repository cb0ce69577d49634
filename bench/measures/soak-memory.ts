import { setTimeout as wait } from 'node:timers/promises'
import { openFilesOf, ownOfFamily, residentOf } from '../stage/memory.ts'
import type { Shop } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'
import { trendOf, type Trend } from '../statistics.ts'

/** For a process to collect its garbage. */
const COLLECT_MS = 500
/** Megabytes an hour. A process that grows faster is leaking: at the usual rate some 300 bytes for each order. */
export const BOUND = 32

export interface Sample {
  at: number
  /** Megabytes, or files. */
  values: Record<string, number>
}

export async function sampleOf(stage: Stage, shop: Shop): Promise<Sample> {
  const values: Record<string, number> = {}
  for (const process of shop.processes) if (shop.metrics[process.name]) process.signal('SIGWINCH')
  await wait(COLLECT_MS)
  for (const { name, pid } of shop.processes) {
    values[`${name} rss`] = residentOf(pid) ?? Number.NaN
    values[`${name} files`] = openFilesOf(pid) ?? Number.NaN
  }
  for (const [name, pid] of Object.entries(stage.services)) values[`${name} rss`] = ownOfFamily(pid)
  await Promise.all(
    Object.entries(shop.metrics).map(async ([name, url]) => (values[`${name} heap`] = await heapOf(url))),
  )
  return { at: Date.now(), values }
}

async function heapOf(url: string): Promise<number> {
  const text = await fetch(url).then((response) => response.text())
  return Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(text)?.[1]) / 1_048_576
}

export const MEMORY = [
  'process',
  'MB half way',
  'MB at the end',
  'MB/h',
  '±',
  'heap MB',
  'heap MB/h',
  '±',
  'open files',
  '',
]

export function memoryRow(name: string, samples: readonly Sample[], judged: boolean) {
  const series = (what: string) =>
    samples.flatMap(({ at, values }) => {
      const value = values[`${name} ${what}`]
      return value === undefined ? [] : [{ at, value }]
    })
  const [rss, heap, files] = [series('rss'), series('heap'), series('files')]
  const trend = trendOf(rss)
  const heapCells = heap.length > 0 ? [heap.at(-1)!.value, ...trendCells(trendOf(heap))] : ['', '', '']
  const filesCell = files.length > 0 ? `${files[0]!.value} → ${files.at(-1)!.value}` : ''
  const trends = heap.length > 0 ? [trend, trendOf(heap)] : [trend]
  const verdict = judged ? verdictOf(trends) : ''
  const cells = [name, rss[0]!.value, rss.at(-1)!.value, ...trendCells(trend), ...heapCells, filesCell, verdict]
  return { name, trend, grows: verdict === 'grows', cells }
}

const trendCells = ({ perHour, margin }: Trend) => [perHour, margin]

/** Of its memory and of its heap, which is the more exact one and part of it. */
function verdictOf(trends: readonly Trend[]): 'grows' | 'flat' | 'too short to tell' {
  if (trends.some(({ perHour, margin }) => perHour - margin > BOUND)) return 'grows'
  return trends.every(({ perHour, margin }) => perHour + margin < BOUND) ? 'flat' : 'too short to tell'
}
