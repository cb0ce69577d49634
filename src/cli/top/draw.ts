import { outagesOf, type Figures, type OpenBreaker, type ReactionPause, type RelayStanding } from '#messaging'
import { hanging } from '../terminal/hanging.ts'
import { counted } from '../terminal/output.ts'

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

/** Columns that the words of the head need. */
const NARROW = 80

/** The whole picture, line by line, none wider than `width`. */
export function drawTop(top: TopFigures, width: number, paint: Paint): string[] {
  const shown = [
    ...headOf(top, width, paint),
    '',
    ...ordersOf(top, width, paint),
    '',
    ...reactionsOf(top, width, paint),
  ]
  return [...shown, ...pausedOf(top, width, paint)]
}

/** Whether there is something that `stuck` explains. */
export const hasTrouble = ({ figures, breakers, pauses, relay }: TopFigures): boolean =>
  breakers.length + pauses.length > 0 ||
  relay.holder === null ||
  relay.lagSeconds > LATE_S ||
  figures.reactions.some(({ retrying, blocked, dead }) => retrying + blocked + dead > 0)

function headOf({ at, relay, figures, awaySince }: TopFigures, width: number, paint: Paint): string[] {
  const clock = `${timeOf(at)} UTC`
  if (awaySince) {
    const away = paint('red', `PostgreSQL is away since ${timeOf(awaySince)}; this is of before`)
    return [`${paint('bold', 'fanfare top')}  ${paint('dim', clock)}   ${away}`]
  }
  const { reactions } = figures
  const dead = sum(reactions.map((one) => one.dead))
  const state = relay.holder === null ? paint('red', 'no relay publishes') : lagOf(relay.lagSeconds, paint)
  const letters =
    dead > 0
      ? paint('red', width < NARROW ? `${dead} dead` : counted(dead, 'dead letter'))
      : paint('green', 'no dead letters')
  return [`${paint('bold', 'fanfare top')}  ${paint('dim', clock)}   ${state}   ${letters}`]
}

const timeOf = (at: Date) => at.toISOString().slice(11, 19)

const lagOf = (seconds: number, paint: Paint) =>
  seconds > LATE_S
    ? paint('red', `relay ${Math.round(seconds)} s behind`)
    : paint('green', `relay ${seconds.toFixed(1)} s behind`)

const BARS = '▁▂▃▄▅▆▇█'

function ordersOf({ placed, states }: TopFigures, width: number, paint: Paint): string[] {
  const rates = placed.slice(0, -1).map(({ orders, seconds }) => orders / Math.max(1, seconds))
  const most = Math.max(...rates, 0)
  const bar = (rate: number) => BARS[most === 0 ? 0 : Math.round((rate / most) * (BARS.length - 1))]!
  const lately = rates.slice(-2)
  const now = `${(sum(lately) / Math.max(1, lately.length)).toFixed(1)}/s`
  const upTo = `up to ${most.toFixed(1)}/s in five minutes`
  const room = Math.max(8, width - INDENT - now.length - upTo.length - 4)
  return [
    `${paint('dim', 'Orders'.padEnd(INDENT))}${paint('bold', now)}  ${paint('cyan', rates.slice(-room).map(bar).join(''))}  ${paint('dim', upTo)}`,
    ...statesOf(states, width, paint),
  ]
}

/** Where figures begin behind their names. */
const INDENT = 11
const BETWEEN = '   '

/** In as many lines as they need. */
function statesOf(states: TopFigures['states'], width: number, paint: Paint): string[] {
  const lines: { length: number; told: string[] }[] = [{ length: INDENT, told: [] }]
  for (const { status, orders } of states) {
    const length = `${status} ${orders}${BETWEEN}`.length
    const last = lines.at(-1)!
    const line = last.length + length - BETWEEN.length <= width ? last : { length: INDENT, told: [] }
    if (line !== last) lines.push(line)
    line.told.push(`${status} ${paint('bold', String(orders))}`)
    line.length += length
  }
  return lines.map(({ told }, index) => {
    const name = paint('dim', (index === 0 ? 'Last hour' : '').padEnd(INDENT))
    return `${name}${told.join(BETWEEN) || 'none'}`
  })
}

interface Cell {
  text: string
  style?: 'red' | 'yellow' | 'dim'
}
type Row = Figures['reactions'][number]

interface Column {
  head: string
  width: number
  /** The higher ones go where the terminal is narrow. */
  rank: number
  cell: (row: Row, top: TopFigures) => Cell
}

const COLUMNS: readonly Column[] = [
  { head: 'per s', width: 7, rank: 2, cell: ({ handled }, { figures }) => number(handled / figures.seconds, 1) },
  { head: 'queue', width: 7, rank: 1, cell: ({ reaction }, { waiting }) => number(waiting[reaction]?.queued) },
  { head: 'oldest', width: 8, rank: 5, cell: ({ reaction }, { waiting }) => age(waiting[reaction]?.oldestMs) },
  { head: 'p50', width: 8, rank: 7, cell: ({ criticalP50 }) => duration(criticalP50) },
  { head: 'p99', width: 8, rank: 4, cell: ({ criticalP99 }) => duration(criticalP99) },
  { head: 'retrying', width: 9, rank: 3, cell: ({ retrying, blocked }) => bad(retrying + blocked, 'yellow') },
  { head: 'dead', width: 5, rank: 0, cell: ({ dead }) => bad(dead, 'red') },
  { head: 'repeated', width: 9, rank: 8, cell: ({ repeated }) => number(repeated) },
  { head: 'procs', width: 6, rank: 6, cell: ({ reaction }, { waiting }) => processes(waiting[reaction]?.replicas) },
]

/** What the four columns take that matter most. */
const LEAST = 28

/** Those that matter most, as many as there is room for. */
function fittingIn(room: number): readonly Column[] {
  const byRank = COLUMNS.toSorted((a, b) => a.rank - b.rank)
  const fits = (_: Column, index: number) => sum(byRank.slice(0, index + 1).map((one) => one.width)) <= room
  const shown = byRank.filter(fits)
  return COLUMNS.filter((column) => shown.includes(column))
}

function reactionsOf(top: TopFigures, width: number, paint: Paint): string[] {
  const names = top.figures.reactions.map(({ reaction }) => reaction)
  const longest = Math.max(15, ...names.map((name) => name.length)) + 1
  const first = Math.min(longest, Math.max(16, width - LEAST))
  const fitting = fittingIn(width - first)
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
  const time = (since: Date) => {
    const seconds = Math.max(0, Math.round((at.getTime() - since.getTime()) / 1_000))
    return seconds < 120 ? `${seconds} s` : duration(seconds * 1_000).text
  }
  const told = [
    ...outagesOf(breakers).map(
      ({ reactions, cause, since }) => `paused for ${time(since)}: ${cause}: ${reactions.join(', ')}`,
    ),
    ...pauses.map(({ reaction, operator, reason, since }) => {
      const why = reason === null ? '' : `: ${reason}`
      return `paused for ${time(since)} by ${operator}: ${reaction}${why}`
    }),
  ]
  return told.length === 0
    ? []
    : [
        '',
        ...told
          .flatMap((line) => hanging(short(line, 3 * width), 4, width).split('\n'))
          .map((line) => paint('yellow', line)),
      ]
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
