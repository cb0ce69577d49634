import type { Figures, OpenBreaker, ReactionPause, RelayStanding } from '#messaging'

/** What `fanfare top` shows, of one moment. */
export interface TopFigures {
  at: Date
  /** Orders placed in stretches of so many seconds, the oldest first; the last one is not over. */
  placed: readonly { orders: number; seconds: number }[]
  states: readonly { status: string; orders: number }[]
  figures: Figures
  waiting: Readonly<Record<string, { queued?: number; oldestMs?: number; replicas?: number }>>
  relay: RelayStanding
  breakers: readonly OpenBreaker[]
  pauses: readonly ReactionPause[]
  /** Since when PostgreSQL is away; the rest is what was read before. @default it answers */
  awaySince?: Date
}

/** How a piece of text looks: the terminal's business. */
export type Paint = (style: 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan', text: string) => string

/** Seconds until what waits on a queue, or for the relay, looks wrong. */
const LATE_S = 5

/** The whole picture, line by line, none wider than `width`. */
export function drawTop(top: TopFigures, width: number, paint: Paint): string[] {
  const shown = [...headOf(top, paint), '', ...ordersOf(top, paint), '', ...reactionsOf(top, width, paint)]
  return [...shown, ...pausedOf(top, width, paint)]
}

function headOf({ at, relay, figures, awaySince }: TopFigures, paint: Paint): string[] {
  const clock = `${timeOf(at)} UTC`
  if (awaySince) {
    const away = paint('red', `PostgreSQL is away since ${timeOf(awaySince)}; this is of before`)
    return [`${paint('bold', 'fanfare top')}  ${paint('dim', clock)}   ${away}`]
  }
  const { reactions } = figures
  const dead = sum(reactions.map((one) => one.dead))
  const state = relay.holder === null ? paint('red', 'no relay publishes') : lagOf(relay.lagSeconds, paint)
  const letters = dead > 0 ? paint('red', `${dead} dead`) : paint('green', 'no dead letters')
  return [`${paint('bold', 'fanfare top')}  ${paint('dim', clock)}   ${state}   ${letters}`]
}

const timeOf = (at: Date) => at.toISOString().slice(11, 19)

const lagOf = (seconds: number, paint: Paint) =>
  seconds > LATE_S
    ? paint('red', `relay ${Math.round(seconds)} s behind`)
    : paint('green', `relay ${seconds.toFixed(1)} s behind`)

const BARS = '▁▂▃▄▅▆▇█'

function ordersOf({ placed, states }: TopFigures, paint: Paint): string[] {
  const rates = placed.slice(0, -1).map(({ orders, seconds }) => orders / Math.max(1, seconds))
  const most = Math.max(...rates, 0)
  const bar = (rate: number) => BARS[most === 0 ? 0 : Math.round((rate / most) * (BARS.length - 1))]!
  const lately = rates.slice(-2)
  const now = sum(lately) / Math.max(1, lately.length)
  const told = states.map(({ status, orders }) => `${status} ${paint('bold', String(orders))}`).join('   ')
  return [
    `${paint('dim', 'Orders')}     ${paint('bold', `${now.toFixed(1)}/s`)}  ${paint('cyan', rates.map(bar).join(''))}  ${paint('dim', `up to ${most.toFixed(1)}/s in five minutes`)}`,
    `${paint('dim', 'Last hour')}  ${told || 'none'}`,
  ]
}

interface Cell {
  text: string
  style?: 'red' | 'yellow' | 'dim'
}
type Row = Figures['reactions'][number]

/** What the first columns take. */
const LEAST = 31

const COLUMNS: readonly { head: string; width: number; cell: (row: Row, top: TopFigures) => Cell }[] = [
  { head: 'per s', width: 7, cell: ({ handled }, { figures }) => number(handled / figures.seconds, 1) },
  { head: 'queue', width: 8, cell: ({ reaction }, { waiting }) => number(waiting[reaction]?.queued) },
  { head: 'oldest', width: 8, cell: ({ reaction }, { waiting }) => age(waiting[reaction]?.oldestMs) },
  { head: 'p50', width: 8, cell: ({ criticalP50 }) => duration(criticalP50) },
  { head: 'p99', width: 8, cell: ({ criticalP99 }) => duration(criticalP99) },
  { head: 'retrying', width: 9, cell: ({ retrying, blocked }) => bad(retrying + blocked, 'yellow') },
  { head: 'dead', width: 6, cell: ({ dead }) => bad(dead, 'red') },
  { head: 'repeated', width: 9, cell: ({ repeated }) => number(repeated) },
  { head: 'procs', width: 6, cell: ({ reaction }, { waiting }) => processes(waiting[reaction]?.replicas) },
]

function reactionsOf(top: TopFigures, width: number, paint: Paint): string[] {
  const names = top.figures.reactions.map(({ reaction }) => reaction)
  const longest = Math.max(15, ...names.map((name) => name.length)) + 1
  const first = Math.min(longest, Math.max(16, width - LEAST))
  const fitting = COLUMNS.filter((_, index) => {
    const least = sum(COLUMNS.slice(0, index + 1).map((column) => column.width))
    return first + least <= width
  })
  const head = `${'Reaction'.padEnd(first)}${fitting.map((column) => column.head.padStart(column.width)).join('')}`
  const rows = top.figures.reactions.map((row) => {
    const cells = fitting.map((column) => {
      const { text, style } = column.cell(row, top)
      const padded = text.padStart(column.width)
      return style ? paint(style, padded) : padded
    })
    return `${short(row.reaction, first - 1).padEnd(first)}${cells.join('')}`
  })
  return [paint('dim', head), ...rows]
}

/** By what is away, and by operators. */
function pausedOf({ breakers, pauses, at }: TopFigures, width: number, paint: Paint): string[] {
  const seconds = (since: Date) => Math.max(0, Math.round((at.getTime() - since.getTime()) / 1_000))
  const told = [
    ...breakers.map(({ reaction, cause, since }) => `paused for ${seconds(since)} s: ${reaction}: ${cause}`),
    ...pauses.map(({ reaction, operator, reason, since }) => {
      const why = reason === null ? '' : `: ${reason}`
      return `paused for ${seconds(since)} s by ${operator}: ${reaction}${why}`
    }),
  ]
  return told.length === 0 ? [] : ['', ...told.map((line) => paint('yellow', short(line, width)))]
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
const short = (text: string, max: number) => {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > max ? `${line.slice(0, Math.max(0, max - 1))}…` : line
}

const UNKNOWN: Cell = { text: '–', style: 'dim' }

const number = (value: number | undefined, digits = 0): Cell => {
  if (value === undefined) return UNKNOWN
  return value === 0 ? { text: '0', style: 'dim' } : { text: value.toFixed(digits) }
}
const bad = (value: number, style: 'red' | 'yellow'): Cell =>
  value > 0 ? { text: String(value), style } : { text: '0', style: 'dim' }
const processes = (value: number | undefined): Cell => (value === 0 ? { text: '0', style: 'red' } : number(value))

const age = (ms: number | undefined): Cell => {
  if (!ms) return ms === 0 ? { text: '0', style: 'dim' } : UNKNOWN
  const cell = duration(ms)
  return ms > LATE_S * 1_000 ? { ...cell, style: 'yellow' } : cell
}

function duration(ms: number | null): Cell {
  if (ms === null) return UNKNOWN
  if (ms < 1_000) return { text: `${Math.round(ms)} ms` }
  if (ms < 120_000) return { text: `${(ms / 1_000).toFixed(1)} s` }
  return ms < 7_200_000 ? { text: `${Math.round(ms / 60_000)} min` } : { text: `${Math.round(ms / 3_600_000)} h` }
}
