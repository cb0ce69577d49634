/** Where moments stand on the picture. */
export interface TimeAxis {
  /** Pixels from the left. */
  x(ms: number): number
  /** Round moments, with how they are written. */
  ticks: readonly { ms: number; text: string }[]
  /** Stretches in which nothing happened, drawn shorter than they were. */
  cuts: readonly Stretch[]
}

interface Stretch {
  fromMs: number
  toMs: number
}

/** Pixels of a stretch that was cut, whatever its length. */
export const CUT_WIDTH = 46
/** A stretch is cut when it is longer than this, and than a third of what is left without those cut before. */
const LONG_MS = 500
const LONG_SHARE = 1 / 3
/** Pixels between two ticks, at least. */
const TICK_WIDTH = 70

/** An axis for these moments, from the first to the last of them, between two places in pixels. */
export function timeAxis(moments: readonly number[], left: number, right: number): TimeAxis {
  const sorted = [...new Set(moments)].toSorted((a, b) => a - b)
  const first = sorted[0] ?? 0
  const last = Math.max(first + 1, sorted.at(-1) ?? 0)
  const cuts = findCuts(sorted)
  const shownMs = last - first - sum(cuts.map(lengthOf))
  const perMs = (right - left - cuts.length * CUT_WIDTH) / shownMs
  const x = (ms: number) => {
    const cutMs = sum(cuts.map((cut) => Math.min(lengthOf(cut), Math.max(0, ms - cut.fromMs))))
    const cutPx = sum(cuts.map((cut) => CUT_WIDTH * Math.min(1, Math.max(0, (ms - cut.fromMs) / lengthOf(cut)))))
    return left + (ms - first - cutMs) * perMs + cutPx
  }
  return { x, cuts, ticks: findTicks(first, last, cuts, TICK_WIDTH / perMs) }
}

function findCuts(sorted: readonly number[]): Stretch[] {
  const stretches = sorted.slice(1).map((toMs, index) => ({ fromMs: sorted[index]!, toMs }))
  const byLength = stretches.toSorted((a, b) => lengthOf(b) - lengthOf(a))
  let leftMs = sum(stretches.map(lengthOf))
  const cuts: Stretch[] = []
  for (const stretch of byLength) {
    if (lengthOf(stretch) < LONG_MS || lengthOf(stretch) < leftMs * LONG_SHARE) break
    leftMs -= lengthOf(stretch)
    const margin = Math.min(lengthOf(stretch) / 10, leftMs / 20)
    cuts.push({ fromMs: stretch.fromMs + margin, toMs: stretch.toMs - margin })
  }
  return cuts.toSorted((a, b) => a.fromMs - b.fromMs)
}

function findTicks(first: number, last: number, cuts: readonly Stretch[], atLeastMs: number) {
  const step = roundUp(atLeastMs)
  const ticks: { ms: number; text: string }[] = []
  let ms = Math.ceil(first / step) * step
  while (ms <= last) {
    const cut = cuts.find(({ fromMs, toMs }) => ms > fromMs - step / 3 && ms < toMs + step / 3)
    if (!cut) ticks.push({ ms, text: durationOf(ms) })
    ms = cut ? Math.ceil((cut.toMs + step / 3) / step) * step : ms + step
  }
  return ticks
}

/** The next of 1, 2, 5, 10, 20, 50, … */
function roundUp(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(ms))
  return ([1, 2, 5].find((factor) => factor * power >= ms) ?? 10) * power
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const

/** `142 ms`, `1.2 s`, `3 d`. */
export function durationOf(ms: number): string {
  const [length, unit] = UNITS.find(([length]) => ms >= length) ?? [1, 'ms']
  return `${Number((ms / length).toFixed(length === 1 ? 0 : 1))} ${unit}`
}

const lengthOf = ({ fromMs, toMs }: Stretch) => toMs - fromMs
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
