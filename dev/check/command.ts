// npm run check: everything that can be said about the code without running it. All steps run, then the verdict.
import { SetupError } from '../project.ts'
import { type Result, type Step, steps } from './steps.ts'

const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`

async function run({ name, what, check }: Step): Promise<Result['outcome']> {
  const started = performance.now()
  const { outcome, output } = await check().catch((error: unknown): Result => {
    return { outcome: 'failed', output: error instanceof Error ? error.message : String(error) }
  })
  const detail = outcome === 'skipped' ? output : what
  console.log(`${outcome.padEnd(8)}${name.padEnd(14)}${seconds(started).padStart(7)}  ${detail}`)
  if (outcome === 'failed') console.log(output.trim().replace(/^/gm, '    '))
  return outcome
}

/** Runs all steps, whatever comes of one. @returns the exit code */
export async function checkCommand(args: string[]): Promise<number> {
  if (args.length > 0) throw new SetupError(`npm run check takes no arguments, and was given ${args.join(' ')}.`)
  const started = performance.now()
  const failed: string[] = []
  for (const step of steps) if ((await run(step)) === 'failed') failed.push(step.name)
  const verdict = failed.length === 0 ? 'Everything is in order' : `Not in order: ${failed.join(', ')}`
  console.log(`${verdict} (${steps.length} steps, ${seconds(started)}).`)
  return failed.length === 0 ? 0 : 1
}
