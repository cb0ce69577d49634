import { hold, type Figure } from './contest.ts'
import { measurementsOf } from './measurements.ts'
import type { Options } from './options.ts'
import { readResults, REFERENCE } from './results.ts'
import { SetupError } from '../dev/services/index.ts'
import { onStage } from './run.ts'
import { sentenceFor } from './terminal.ts'

/**
 * A ratio has fallen when even its best round stays below this part of the lowest committed one. Something else that keeps
 * the machine busy spoils a round, seldom all of them; what the code has lost is lost in each.
 */
const NOISE = 0.75
const GUARDED = ['accept', 'relay', 'react']

/** Measures the ratios again, shortly and on one stage. @returns 1 when one has fallen */
export async function guard(options: Options): Promise<number> {
  const reference = readResults(REFERENCE)
  likeWithLike(GUARDED.map((name) => reference[name]?.versions['Node']))
  let fallen = 0
  await onStage(options, async (stage, schedule) => {
    for (const measurement of measurementsOf(GUARDED)) {
      if (!('contest' in measurement)) continue
      schedule.say(`\n${measurement.name}`)
      const { figures } = await hold(await measurement.contest(stage, options), schedule)
      for (const figure of figures.filter(({ guarded }) => guarded)) {
        const committed = reference[measurement.name]?.figures.find(({ title }) => title === figure.title)
        if (!stands(figure, committed)) fallen++
      }
    }
  })
  console.log(fallen === 0 ? '\nNo ratio has fallen.' : `\n${fallen} ratio${fallen === 1 ? ' has' : 's have'} fallen.`)
  return fallen === 0 ? 0 : 1
}

/** What one version of Node takes twice the time for says nothing about the code. */
function likeWithLike(measuredWith: readonly (string | undefined)[]): void {
  const major = (version: string) => version.split('.')[0]!.replace('v', '')
  for (const version of measuredWith)
    if (version && major(version) !== major(process.version))
      throw new SetupError(
        `The committed ratios were measured with Node ${version}, and this is ${process.version}. Compare like with like: ` +
          `npx --package node@${major(version)} npm run bench -- guard`,
      )
}

function stands(figure: Figure, committed: Figure | undefined): boolean {
  const least = (committed?.ratioSpread.min ?? 0) * NOISE
  const fine = figure.ratioSpread.max >= least
  const against = committed
    ? `its best round is to be at least ${least.toFixed(2)}, as ${committed.ratioSpread.min.toFixed(2)} is the lowest committed round`
    : 'nothing is committed to compare with'
  console.log(`${fine ? 'ok  ' : 'LOST'}  ${sentenceFor(figure)}; ${against}`)
  return fine
}
