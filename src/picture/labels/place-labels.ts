/** Pixels from the dot of an event to its name, and from the line of a lane to the row above it. */
const BESIDE = 6
const ABOVE = 9
/** Pixels from one row of names to the next. */
export const ROW = 13
/** Rows that a lane may have. A name for which none is left is not written. */
const MOST_ROWS = 5
/** Pixels between two texts of a row. */
const GAP = 8

/** A text of a lane: where it begins, or ends, and in which row above the line, counted from 0. */
export interface Label {
  words: string
  x: number
  row: number
  anchor?: 'end'
}

export interface LaneLabels {
  /** Of each event that the lane has published, in order; undefined where there was no room. */
  names: readonly (Label | undefined)[]
  /** What is told of failed attempts, as much of it as there was room for. */
  sentence: Label | undefined
  rows: number
}

interface Lane {
  /** What it has published, from left to right. */
  events: readonly { x: number; type: string }[]
  /** What is told of its attempts that failed, and where the first of them stands. */
  told: { x: number; words: string } | undefined
}

interface Stretch {
  from: number
  to: number
}

/**
 * Places the texts of a lane so that none stands on another: a name stands on the right of its dot, or else on the left, or else a row
 * higher than the names further right. So the line from a dot up to its name crosses no text.
 */
export function placeLabels({ events, told }: Lane, within: Stretch): LaneLabels {
  const names = placeNames(events, within)
  const sentence = told && placeSentence(told, takenBy(events, names), within)
  const rows = 1 + Math.max(0, sentence?.row ?? 0, ...names.map((name) => name?.row ?? 0))
  return { names, sentence, rows }
}

function placeNames(events: Lane['events'], { from, to }: Stretch): (Label | undefined)[] {
  const names: (Label | undefined)[] = []
  /** Of each row, from where on it is taken. */
  const free = Array.from({ length: MOST_ROWS }, () => to)
  for (const [index, event] of [...events.entries()].toReversed()) {
    const before = events[index - 1]?.x ?? from - GAP
    const name = onTheRight(event, { free, to, most: 1 }) ?? onTheLeft(event, before, free[0]!) ?? onTheRight(event, { free, to, most: MOST_ROWS }) // prettier-ignore
    names.unshift(name)
    const begin = Math.min(event.x, name ? beginOf(name) : event.x)
    for (let row = 0; row <= (name?.row ?? -1); row++) free[row] = begin - GAP
  }
  return names
}

type Event = Lane['events'][number]

function onTheRight({ x, type }: Event, { free, to, most }: { free: readonly number[]; to: number; most: number }) {
  const begin = Math.min(x + BESIDE, to - widthOf(type))
  const row = free.slice(0, most).findIndex((taken) => begin + widthOf(type) <= taken)
  return row < 0 ? undefined : { words: type, x: begin, row }
}

/** Where no dot is. */
function onTheLeft({ x, type }: Event, before: number, taken: number): Label | undefined {
  const hasRoom = x - widthOf(type) >= before + GAP && x <= taken
  return hasRoom ? { words: type, x, row: 0, anchor: 'end' } : undefined
}

const beginOf = ({ x, words, anchor }: Label) => (anchor === 'end' ? x - widthOf(words) : x)

/** What names take of each row, and the lines that lead up to them. */
const takenBy = (events: Lane['events'], names: LaneLabels['names']): Stretch[][] =>
  Array.from({ length: MOST_ROWS }, (_, row) =>
    names.flatMap((name, index) => {
      if (!name || name.row < row) return []
      const { x } = events[index]!
      const begin = beginOf(name)
      const end = name.row === row ? Math.max(x, begin + widthOf(name.words)) : x
      return [{ from: Math.min(x, begin) - GAP, to: end + GAP }]
    }),
  )

/** Pixels of a sentence that say enough. */
const ENOUGH = 220

/** In the lowest row where enough of it can be read, to the right of its mark or to the left. */
function placeSentence({ x, words }: NonNullable<Lane['told']>, rows: readonly Stretch[][], within: Stretch): Label {
  const rooms = rows.map((taken) => roomBeside(x, taken, within))
  const needed = Math.min(widthOf(words), ENOUGH, Math.max(...rooms.map(({ width }) => width)))
  const row = rooms.findIndex(({ width }) => width >= needed)
  const { width, isLeft } = rooms[row]!
  const told = shortened(words, width)
  return isLeft ? { words: told, x: x + 4, row, anchor: 'end' } : { words: told, x: x - 4, row }
}

/** The larger of the two free stretches beside a place. */
function roomBeside(x: number, taken: readonly Stretch[], { from, to }: Stretch) {
  if (taken.some((one) => one.from < x && x < one.to)) return { width: 0, isLeft: false }
  const left = x - Math.max(from, ...taken.filter((one) => one.to <= x).map((one) => one.to))
  const right = Math.min(to, ...taken.filter((one) => one.from >= x).map((one) => one.from)) - x
  return { width: Math.max(left, right), isLeft: left > right }
}

/** The base line of a label above the line of its lane. */
export const baselineOf = (y: number, { row }: Label) => y - ABOVE - row * ROW

/** From a dot up to a name that does not stand in the first row. */
export const leaderOf = (x: number | string, y: number | string, { row }: Label) => `M${x} ${y}v${-ABOVE - row * ROW}`

/** About how many pixels a small text takes. */
export const widthOf = (words: string) => words.length * 6

/** A text that takes at most so many pixels. */
function shortened(words: string, width: number): string {
  const most = Math.max(8, Math.floor(width / 6))
  return words.length > most ? `${words.slice(0, most - 1)}…` : words
}
