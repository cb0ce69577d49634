import { spreadOf, type Spread } from './statistics.ts'

/** What one run has shown, by name: a rate, a percentile. */
export type Sample = Readonly<Record<string, number>>

/** What is run again and again: ourselves, or a baseline of this machine. */
export interface Side {
  /** What it is, for the report. */
  title: string
  warmUp?: () => Promise<unknown>
  /** @param seconds how long it should take */
  run: (seconds: number) => Promise<Sample>
}

/** A value of ours against the same value of a baseline: 1 is the baseline itself, more is better, whatever the unit. */
export interface Ratio {
  title: string
  /** Names of sides. */
  ours: string
  baseline: string
  /** Which value of the samples. */
  value: string
  unit: string
  /** @default 'higher' */
  better?: 'higher' | 'lower'
  /** Of the ratio, of our own value, or of both. */
  goal?: { ratio?: number; value?: number }
  /** Looked at by the guard. @default false */
  guarded?: boolean
}

export interface Table {
  title: string
  columns: readonly string[]
  rows: readonly (readonly (string | number)[])[]
  note?: string
}

export interface Benchmark {
  title: string
  /** What is done, in sentences for the report. */
  method: string
  settings: Record<string, string | number>
  /** In the order in which they take their turns; each is set up when it is needed. */
  sides: Record<string, () => Promise<Side>>
  ratios: readonly Ratio[]
  /**
   * The two sides of a ratio run at the same time, so that a slow moment of the machine falls on both: for differences that are smaller
   * than what the machine varies. For each ratio both are set up anew, so that neither has rested, or worked, more than the other.
   * @default false
   */
  atOnce?: boolean
  /** What else is to be shown, called after the last round. */
  tables?: () => Promise<Table[]>
}

/** A measured ratio. */
export interface Figure extends Omit<Ratio, 'guarded'> {
  oursTitle: string
  baselineTitle: string
  oursSpread: Spread
  baselineSpread: Spread
  /** One ratio for each round, from neighbouring runs. */
  rounds: readonly number[]
}

/** What the command line asks for. */
export interface Options {
  rounds: number
  seconds: number
  /** Stored events to measure `growth` with. */
  events: number[]
}

export interface Schedule {
  rounds: number
  seconds: number
  /** Before every run, such as a checkpoint. */
  settle: () => Promise<void>
  /** Ends what the sides have started. */
  reset: () => Promise<void>
  say: (line: string) => void
  /** Whether what the rounds so far have shown needs no further one. @default never */
  enough?: (figures: readonly Figure[]) => boolean
}

/** Every side in turn, round after round, so that what else this machine does falls on all of them alike. */
export async function runRounds(
  { sides, atOnce = false }: Pick<Benchmark, 'sides' | 'atOnce'>,
  ratios: readonly Ratio[],
  schedule: Schedule,
): Promise<Figure[]> {
  if (!atOnce) return compare(sides, ratios, schedule, inTurn)
  const figures: Figure[] = []
  for (const ratio of ratios) {
    figures.push(...(await compare(sides, [ratio], schedule, together)))
    await schedule.reset()
  }
  return figures
}

type Each = <T>(items: readonly T[], work: (item: T) => Promise<unknown>) => Promise<unknown>

const together: Each = (items, work) => Promise.all(items.map(work))
const inTurn: Each = async (items, work) => {
  for (const item of items) await work(item)
}

async function compare(
  sides: Benchmark['sides'],
  ratios: readonly Ratio[],
  { rounds, seconds, settle, say, enough = () => false }: Schedule,
  each: Each,
): Promise<Figure[]> {
  const needed = Object.keys(sides).filter((name) =>
    ratios.some(({ ours, baseline }) => [ours, baseline].includes(name)),
  )
  const ready = new Map<string, Side>()
  for (const name of needed) ready.set(name, await sides[name]!())
  await each([...ready.values()], async (side) => side.warmUp?.())
  const samples = new Map(needed.map((name) => [name, [] as Sample[]]))
  const figures = () => ratios.map((ratio) => figureOf(ratio, ready, samples))
  for (let round = 1; round <= rounds; round++) {
    await each([...ready], async ([name, side]) => {
      await settle()
      const sample = await side.run(seconds)
      samples.get(name)!.push(sample)
      say(`  ${round}/${rounds}  ${side.title.padEnd(52)}  ${shown(sample)}`)
    })
    if (enough(figures())) break
  }
  return figures()
}

function figureOf(ratio: Ratio, sides: Map<string, Side>, samples: Map<string, Sample[]>): Figure {
  const { guarded: _, ...told } = ratio
  const of = (side: string) => samples.get(side)!.map((sample) => sample[ratio.value]!)
  const [ours, baseline] = [of(ratio.ours), of(ratio.baseline)]
  const against = (own: number, other: number) => (ratio.better === 'lower' ? other / own : own / other)
  return {
    ...told,
    oursTitle: sides.get(ratio.ours)!.title,
    baselineTitle: sides.get(ratio.baseline)!.title,
    oursSpread: spreadOf(ours),
    baselineSpread: spreadOf(baseline),
    rounds: ours.map((own, round) => against(own, baseline[round]!)),
  }
}

const shown = (sample: Sample) =>
  Object.entries(sample)
    .map(([name, value]) => `${name} ${rounded(value)}`)
    .join('  ')

/** Three digits that count. */
export function rounded(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-GB')
  return String(Number(value.toPrecision(3)))
}
