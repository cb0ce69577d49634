/** What one run of the guard has seen of a ratio. */
export interface Run {
  /** One ratio for each round; not a finite number where the baseline came to nothing. */
  rounds: readonly number[]
  /** Share of the processors that others used between its rounds, the median of what was seen. */
  usedByOthers: number
}

/**
 * - `held`: a round came up to the bound.
 * - `again`: none did, and the ratio is to be measured once more.
 * - `noise`: none did in the first run, one did in the second.
 * - `lost`: none did in two runs.
 * - `not measurable`: others kept the machine busy, so that its rounds say nothing, whether good or bad.
 * - `unknown`: nothing is committed to compare with.
 */
export type Verdict = 'held' | 'again' | 'noise' | 'lost' | 'not measurable' | 'unknown'

/**
 * Two machines of one kind gave ratios that differed by a factor of up to 1.7 (handleBatch against 8 clients: 2.07 and 3.41), and
 * runs are shorter than those of the committed results.
 */
const NOISE = 0.6
/**
 * From this share on, ours and its baseline do not suffer alike: one of them needs more processors than are left. What our own
 * services still do between two runs was 2 % in the median and 14 % at most.
 */
export const BUSY = 0.25
export const isBusy = (usedByOthers: number) => usedByOthers >= BUSY

/**
 * What else keeps the machine busy spoils a round, seldom all of them; what the code has lost is lost in each. So the best
 * round counts, and the bound lies below the lowest committed one.
 */
export const boundOf = (committed: readonly number[]) => NOISE * Math.min(...committed)

/** Whether one of these rounds comes up to the bound: further ones cannot change that. */
export const holds = (committed: readonly number[], rounds: readonly number[]) =>
  Math.max(...rounds.filter(Number.isFinite)) >= boundOf(committed)

/** @param second of the same ratio, in processes and a database of its own */
export function judge(committed: readonly number[] | undefined, first: Run, second?: Run): Verdict {
  if (!committed || committed.length === 0) return 'unknown'
  if (isBusy(first.usedByOthers)) return 'not measurable'
  if (holds(committed, first.rounds)) return 'held'
  if (!second) return 'again'
  if (isBusy(second.usedByOthers)) return 'not measurable'
  return holds(committed, second.rounds) ? 'noise' : 'lost'
}

/** Whether a build must not pass with it. */
export const isFailure = (verdict: Verdict) => verdict === 'lost' || verdict === 'unknown'
