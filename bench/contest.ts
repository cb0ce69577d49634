import { spreadOf, type Spread } from './statistics.ts'

/** Anything that is no ratio: shown as it is. */
export interface Table {
  title: string
  columns: readonly string[]
  rows: readonly (readonly (string | number)[])[]
  note?: string
}

/** What one run of one side has shown, by name: a rate, a percentile, processor time per unit. */
export type Sample = Readonly<Record<string, number>>

/** Something that is run again and again: a limit of this machine, or ourselves. */
export interface Side {
  /** What it is, for the table. */
  title: string
  warmUp?: () => Promise<void>
  /** @param seconds how long it should take */
  run: (seconds: number) => Promise<Sample>
}

export interface Goal {
  /** Of the ratio. */
  ratio?: number
  /** Of our own value: at least, or at most where lower is better. */
  value?: number
}

/** One value of ours against one value of a limit. */
export interface Comparison {
  title: string
  ours: string
  limit: string
  /** Which value of the samples. */
  value: string
  unit: string
  better: 'higher' | 'lower'
  goal?: Goal
  /** Compared with the reference by the guard. @default true */
  guarded?: boolean
}

export interface Contest {
  name: string
  title: string
  /** What was done, in sentences for the report. */
  method: string
  settings: Record<string, string | number>
  /** In the order in which they take their turns. */
  sides: Record<string, Side>
  comparisons: readonly Comparison[]
  /** What else the runs have shown. */
  tables?: () => Promise<Table[]>
}

/** A measurement without a limit. */
export interface Tables extends Pick<Contest, 'name' | 'title' | 'method' | 'settings'> {
  tables: Table[]
  /** What must not be, in sentences: the command fails. */
  failures?: readonly string[]
}

export interface Figure extends Omit<Comparison, 'guarded'> {
  oursTitle: string
  limitTitle: string
  oursSpread: Spread
  limitSpread: Spread
  /** 1 is the limit itself, more is better, whatever the unit. One for each round, from neighbouring runs. */
  ratios: readonly number[]
  ratioSpread: Spread
  guarded: boolean
}

export interface Outcome {
  figures: Figure[]
  samples: Record<string, Sample[]>
}

export interface Schedule {
  rounds: number
  seconds: number
  /** Before every run, such as a checkpoint. */
  settle: () => Promise<void>
  say: (line: string) => void
}

/** Every side in turn, round after round, so that what else this machine does falls on all of them alike. */
export async function hold(contest: Contest, { rounds, seconds, settle, say }: Schedule): Promise<Outcome> {
  const sides = Object.entries(contest.sides)
  const samples = Object.fromEntries(sides.map(([name]) => [name, [] as Sample[]]))
  for (const [, side] of sides) await side.warmUp?.()
  for (let round = 1; round <= rounds; round++) {
    for (const [name, side] of sides) {
      await settle()
      const sample = await side.run(seconds)
      samples[name]!.push(sample)
      say(`  ${round}/${rounds}  ${side.title.padEnd(48)}  ${shown(sample)}`)
    }
  }
  return { samples, figures: contest.comparisons.map((comparison) => figureOf(contest, comparison, samples)) }
}

function figureOf({ sides }: Contest, comparison: Comparison, samples: Record<string, Sample[]>): Figure {
  const { value, better, guarded = true } = comparison
  const of = (side: string) => samples[side]!.map((sample) => sample[value]!)
  const [ours, limit] = [of(comparison.ours), of(comparison.limit)]
  const ratios = ours.map((own, round) => (better === 'higher' ? own / limit[round]! : limit[round]! / own))
  return {
    ...comparison,
    guarded,
    oursTitle: sides[comparison.ours]!.title,
    limitTitle: sides[comparison.limit]!.title,
    oursSpread: spreadOf(ours),
    limitSpread: spreadOf(limit),
    ratios,
    ratioSpread: spreadOf(ratios),
  }
}

function shown(sample: Sample): string {
  return Object.entries(sample)
    .map(([name, value]) => `${name} ${rounded(value)}`)
    .join('  ')
}

/** Three digits that count. */
export function rounded(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-GB')
  return String(Number(value.toPrecision(3)))
}
