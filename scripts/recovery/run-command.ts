import { CommanderError, type Command } from 'commander'
import { ReplayRefused, Refused } from '#messaging'
import { StartupError } from '#platform/config'
import { EXIT, say, warn } from '../dead-letters/output.ts'
import { SetupError } from '../services/index.ts'

/** Runs one command line. @returns the exit code: what `finish` was called with, 2 for wrong usage and refusals, 1 for errors */
export async function runCommand(
  program: Command,
  args: string[],
  work: (...given: never[]) => Promise<number>,
): Promise<number> {
  let code: number = EXIT.ok
  program
    .exitOverride()
    .configureOutput({ writeOut: (text) => say(text.trimEnd()), writeErr: (text) => warn(text.trimEnd()) })
    .showHelpAfterError('(--help shows the options)')
    .action(async (...given: unknown[]) => {
      code = await work(...(given as never[]))
    })
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.refused
    const expected = [ReplayRefused, Refused, SetupError, StartupError].some((kind) => error instanceof kind)
    warn(expected ? (error as Error).message : ((error as Error).stack ?? String(error)))
    return expected ? EXIT.refused : EXIT.failed
  }
}
