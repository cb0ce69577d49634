import { SetupError } from '../../dev/services/index.ts'
import { runRounds, type Benchmark, type Figure, type Options, type Ratio, type Schedule } from '../benchmark.ts'
import { BENCHMARKS, GUARDED, scheduleOf } from '../benchmarks.ts'
import type { Environment } from '../environment/environment.ts'
import { usedByOthers } from '../machine.ts'
import { sentenceFor } from '../report.ts'
import { readResults } from '../results.ts'
import { median } from '../statistics.ts'
import { boundOf, BUSY, holds, isBusy, isFailure, judge, type Run, type Verdict } from './judge.ts'

/** Measures the committed ratios again, until a round comes up to each bound, and what has fallen once more. @returns the exit code: 1 for a loss */
export async function guard(environment: Environment, options: Options): Promise<number> {
  const verdicts: Verdict[] = []
  const reference = readResults()
  for (const name of GUARDED) {
    compareLikeWithLike(reference[name]?.versions['Node'])
    verdicts.push(...(await examine(environment, name, reference[name]?.figures ?? [], options)))
  }
  return conclude(verdicts)
}

/** What one version of Node takes twice the time for says nothing about the code. */
function compareLikeWithLike(measuredWith = process.version): void {
  const major = (version: string) => version.split('.')[0]!.replace('v', '')
  if (major(measuredWith) === major(process.version)) return
  throw new SetupError(
    `The committed ratios were measured with Node ${measuredWith}, and this is ${process.version}. Compare like with like: ` +
      `npx --package node@${major(measuredWith)} npm run bench -- guard`,
  )
}

/** One benchmark: all its guarded ratios, and those again that have fallen. */
async function examine(environment: Environment, name: string, committed: readonly Figure[], options: Options) {
  console.log(`\n${name}`)
  const benchmark = BENCHMARKS[name]!(environment, options)
  const guarded = benchmark.ratios.filter((ratio) => ratio.guarded)
  const roundsOf = (ratio: Sides) => committed.find((figure) => isSame(figure, ratio))?.rounds
  const isEnough = (figures: readonly Figure[]) =>
    figures.every((figure) => holds(roundsOf(figure) ?? [], figure.rounds))
  const measured = (ratios: readonly Ratio[]) => measure(environment, benchmark, ratios, options, isEnough)
  const first = await measured(guarded)
  const fallen = guarded.filter((ratio) => judge(roundsOf(ratio), first.get(ratio)!) === 'again')
  if (fallen.length > 0) console.log(`  below its bound, so again: ${fallen.map(({ title }) => title).join('; ')}`)
  const second = fallen.length > 0 ? await measured(fallen) : undefined
  return guarded.map((ratio) => {
    const verdict = judge(roundsOf(ratio), first.get(ratio)!, second?.get(ratio))
    tell(verdict, ratio, second?.get(ratio) ?? first.get(ratio)!, roundsOf(ratio))
    return verdict
  })
}

/** Without a figure where others left so little of the processors that it could not be measured. */
type Measured = Run & { figure: Figure | undefined }

/** In processes and databases of its own, each time. Before every run it is seen what others use. */
async function measure(
  environment: Environment,
  benchmark: Benchmark,
  ratios: readonly Ratio[],
  options: Options,
  enough: NonNullable<Schedule['enough']>,
) {
  const samples: number[] = []
  const settle = async () => {
    await environment.checkpoint()
    samples.push(await usedByOthers())
  }
  const schedule = { ...scheduleOf(environment, options), settle, enough }
  const outcome = await runRounds(benchmark, ratios, schedule).catch((error: Error) => error)
  await environment.reset()
  await settle()
  const others = median(samples)
  const failed = outcome instanceof Error
  if (failed && !isBusy(others)) throw outcome
  if (failed) console.log(`  ${outcome.message.split('\n', 1)[0]}`)
  const figures = failed ? [] : outcome
  return new Map(ratios.map((ratio, nth): [Ratio, Measured] => [ratio, runOf(figures[nth], others)]))
}

const runOf = (figure: Figure | undefined, usedByOthers: number) => ({
  figure,
  rounds: figure?.rounds ?? [],
  usedByOthers,
})

/** What a ratio is known by: titles may change. */
type Sides = Pick<Ratio, 'ours' | 'baseline'>

const isSame = (one: Sides, other: Sides) => one.ours === other.ours && one.baseline === other.baseline

function tell(
  verdict: Verdict,
  ratio: Ratio,
  { figure, usedByOthers }: Measured,
  committed: readonly number[] | undefined,
) {
  const bound = committed ? `its best round is to be at least ${boundOf(committed).toFixed(2)}` : 'nothing is committed'
  const used = `others used ${Math.round(100 * usedByOthers)} % of the processors`
  const sentence = figure ? sentenceFor(figure) : `${ratio.title}: no figure`
  console.log(`${verdict.toUpperCase().padEnd(14)}  ${sentence}; ${bound}; ${used}`)
}

function conclude(verdicts: readonly Verdict[]): number {
  const count = (wanted: Verdict) => verdicts.filter((verdict) => verdict === wanted).length
  const [lost, unclear, unknown] = [count('lost'), count('not measurable'), count('unknown')]
  console.log(`\n${lost} of ${verdicts.length} guarded ratios have fallen in two runs.`)
  if (unknown > 0) console.log(`${unknown} have no committed ratio: npm run bench -- ${GUARDED.join(' ')} --record`)
  if (unclear > 0)
    console.log(`${unclear} could not be judged beside others who used ${100 * BUSY} % of the processors or more.`)
  return verdicts.some(isFailure) ? 1 : 0
}
