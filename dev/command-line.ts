import { Command, CommanderError } from 'commander'
import { takenByNpm } from '../src/cli/npm-flags.ts'
import { SetupError } from './project.ts'

/** A command of this project as npm calls it: `npm run services --`, `npm start --`. */
export function commandLine(call: string, description: string): Command {
  return new Command(call)
    .description(description)
    .exitOverride()
    .allowExcessArguments(false)
    .showHelpAfterError('(--help shows the commands and options)')
}

/** Runs a command line. @returns 0, or 2 for wrong usage; what an action throws is thrown */
export async function parse(program: Command, args: readonly string[]): Promise<number> {
  try {
    expectNoTakenFlags(program, args)
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    throw error
  }
}

/** npm keeps flags before `--` for itself; without them another thing would be done than was meant. */
function expectNoTakenFlags(program: Command, args: readonly string[]): void {
  const command = program.commands.find((one) => one.name() === args[0])
  const taken = takenByNpm([...program.options, ...(command?.options ?? [])], args, process.env)
  const words = command ? [command.name()] : []
  const call = (rest: string[]) => [program.name(), ...words, ...rest].join(' ')
  if (taken) throw new SetupError(taken.sentence(call, args.slice(words.length)))
}
