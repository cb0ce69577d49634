import { widthOf } from './place-labels.ts'

/** A piece of work as it is drawn, and how long it lasted. */
export interface Bar {
  x: number
  width: number
  text: string
}

interface Stretch {
  from: number
  to: number
}

/** Pixels on each side of the middle of an event or of a failed attempt. */
const SIGN = 8
/** Pixels beside a duration. */
const MARGIN = 2

/**
 * Places the durations of a lane so that none stands on another, or beneath a later piece of work: in the middle of the largest part of its
 * bar that can be seen. Where that is too narrow, or the bar is covered by others as in a batch, it is not written.
 * @param bars in the order in which they are drawn, one upon the other
 * @param signs where events are published, and attempts fail, which are drawn upon all of them
 * @returns the middle of each duration
 */
export function placeDurations(bars: readonly (Bar | null)[], signs: readonly number[]) {
  const drawnLast = signs.map((x) => ({ from: x - SIGN, to: x + SIGN }))
  return bars.map((bar, index) => {
    if (!bar) return undefined
    const later = bars.slice(index + 1).flatMap((other) => (other ? [stretchOf(other)] : []))
    const { from, to } = largestFree(stretchOf(bar), [...later, ...drawnLast])
    return to - from >= widthOf(bar.text) + 2 * MARGIN ? (from + to) / 2 : undefined
  })
}

const stretchOf = ({ x, width }: Bar): Stretch => ({ from: x, to: x + width })

function largestFree({ from, to }: Stretch, taken: readonly Stretch[]): Stretch {
  const begins = [from, ...taken.map((one) => Math.max(from, one.to))].toSorted((a, b) => a - b)
  const free = begins.map((begin) => {
    const ends = taken.flatMap((one) => (one.to > begin ? [Math.max(begin, one.from)] : []))
    return { from: begin, to: Math.min(to, ...ends) }
  })
  return free.reduce((largest, one) => (one.to - one.from > largest.to - largest.from ? one : largest))
}
