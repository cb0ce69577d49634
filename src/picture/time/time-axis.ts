import { durationOf } from './duration.ts'

/** Where moments stand on the picture. */
export interface TimeAxis {
  /** Pixels from the left. */
  x(ms: number): number
  /** Moments and how they are written: behind a cut the first in full, and the others as counted from that. */
  ticks: readonly { ms: number; text: string }[]
  /** Stretches in which nothing happened, drawn shorter than they were. */
  cuts: readonly Stretch[]
  /** Pixels of each of those. */
  cutWidth: number
}

interface Stretch {
  fromMs: number
  toMs: number
}

/** Pixels of a stretch that was cut, whatever its length; less where they would take more than half of the width. */
const CUT_WIDTH = 46
/** A stretch is cut when it is longer than this, and than half of all that is shorter: that is where the work is. */
const LONG_MS = 500
const LONG_SHARE = 1 / 2
/** Pixels between two ticks, at least. */
const TICK_WIDTH = 70

/** An axis for these moments, from the first to the last of them, between two places in pixels. */
export function timeAxis(moments: readonly number[], left: number, right: number): TimeAxis {
  const sorted = [...new Set(moments)].toSorted((a, b) => a - b)
  const first = sorted[0] ?? 0
  const last = Math.max(first + 1, sorted.at(-1) ?? 0)
  const cuts = findCuts(sorted)
  const shownMs = Math.max(1, last - first - sum(cuts.map(lengthOf)))
  const cutWidth = Math.min(CUT_WIDTH, (right - left) / 2 / cuts.length)
  const perMs = (right - left - cuts.length * cutWidth) / shownMs
  const x = (ms: number) => {
    const cutMs = sum(cuts.map((cut) => Math.min(lengthOf(cut), Math.max(0, ms - cut.fromMs))))
    const cutPx = sum(cuts.map((cut) => cutWidth * Math.min(1, Math.max(0, (ms - cut.fromMs) / lengthOf(cut)))))
    return left + (ms - first - cutMs) * perMs + cutPx
  }
  const begins = [first, ...cuts.map((cut) => sorted.find((moment) => moment >= cut.toMs)!)]
  const ends = [...cuts.map(({ fromMs }) => fromMs), last]
  const step = roundUp(TICK_WIDTH / perMs)
  const ticks = begins.flatMap((fromMs, index) => findTicks({ fromMs, toMs: ends[index]! }, step))
  return { x, cuts, cutWidth, ticks }
}

function findCuts(sorted: readonly number[]): Stretch[] {
  const stretches = sorted.slice(1).map((toMs, index) => ({ fromMs: sorted[index]!, toMs }))
  const isLong = (stretch: Stretch) => lengthOf(stretch) >= LONG_MS
  const workMs = sum(stretches.filter((stretch) => !isLong(stretch)).map(lengthOf))
  const long = stretches.filter((stretch) => isLong(stretch) && lengthOf(stretch) >= workMs * LONG_SHARE)
  return long.map(({ fromMs, toMs }) => {
    const margin = Math.min((toMs - fromMs) / 10, Math.max(1, workMs / 20 / long.length))
    return { fromMs: fromMs + margin, toMs: toMs - margin }
  })
}

function findTicks({ fromMs, toMs }: Stretch, step: number) {
  const count = Math.floor((toMs - fromMs) / step) + 1
  return Array.from({ length: count }, (_, nth) => {
    const since = nth === 0 || fromMs === 0 ? durationOf(fromMs + nth * step) : `+${durationOf(nth * step)}`
    return { ms: fromMs + nth * step, text: since }
  })
}

/** The next of 1, 2, 5, 10, 20, 50, … */
function roundUp(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(ms))
  return ([1, 2, 5].find((factor) => factor * power >= ms) ?? 10) * power
}

const lengthOf = ({ fromMs, toMs }: Stretch) => toMs - fromMs
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
