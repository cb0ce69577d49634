import type { Options } from './options.ts'
import { measurementsOf } from './measurements.ts'
import { readResults, REFERENCE } from './results.ts'
import { measure } from './run.ts'
import { sentenceFor } from './terminal.ts'

/** Below this part of the committed ratio a loss is no noise any more. */
const NOISE = 0.7
const GUARDED = ['accept', 'relay', 'react']

/** Measures the ratios again, shortly. @returns 1 when one has fallen too far */
export async function guard(options: Options, command: string): Promise<number> {
  const reference = readResults(REFERENCE)
  let lost = 0
  for (const measurement of measurementsOf(GUARDED)) {
    const { figures } = await measure(measurement, options, command)
    for (const figure of figures.filter(({ guarded }) => guarded)) {
      const committed = reference[measurement.name]?.figures.find(({ title }) => title === figure.title)
      const least = (committed?.ratioSpread.median ?? 0) * NOISE
      const fine = figure.ratioSpread.median >= least
      if (!fine) lost++
      const against = committed
        ? `at least ${least.toFixed(2)} of ${committed.ratioSpread.median.toFixed(2)}`
        : 'nothing to compare with'
      console.log(`${fine ? 'ok  ' : 'LOST'}  ${sentenceFor(figure)}; ${against}`)
    }
  }
  console.log(lost === 0 ? '\nNo ratio has fallen.' : `\n${lost} ratio${lost === 1 ? ' has' : 's have'} fallen.`)
  return lost === 0 ? 0 : 1
}
