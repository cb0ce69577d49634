import type { Command, Option } from 'commander'
import { StartupError } from '#platform/config'
import { host } from './host.ts'

/**
 * `npm run replay x --dry-run` hands `x` alone over: npm takes the flag for a setting of its own, says so in its
 * environment, and the command would really deliver.
 * @throws StartupError with the call that was meant
 */
export function expectNoTakenFlags(program: Command, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const { command, words } = commandOf(program, args)
  const taken = takenByNpm([...program.options, ...command.options], args, env)
  if (taken)
    throw new StartupError(
      taken.sentence((rest) => host().call([...words, ...rest].join(' ')), args.slice(words.length)),
    )
}

type KnownOption = Pick<Option, 'long' | 'short' | 'required'> & { flags: string }

interface Taken {
  flags: string[]
  /** What to tell a person, with the call that was meant. */
  sentence(call: (rest: string[]) => string, rest: readonly string[]): string
}

/** Which of a command's options npm has taken from `npm run`; undefined when it has taken none. */
export function takenByNpm(
  options: readonly KnownOption[],
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Taken | undefined {
  if (!['run', 'run-script', 'start'].includes(env['npm_command'] ?? '')) return undefined
  const taken = options.flatMap((option) => {
    const { long, short } = option
    if (!long || args.some((arg) => arg === long || arg === short || arg.startsWith(`${long}=`))) return []
    const value = env[`npm_config_${long.slice(2).replaceAll('-', '_')}`]
    return value === undefined || value === '' ? [] : [{ ...option, long, value }]
  })
  if (taken.length === 0) return undefined
  const flags = taken.map(({ long, value }) => (value === 'true' ? long : `${long}=${value}`))
  // `--older 5m` reaches us as the argument 5m alone: where it belonged cannot be told any more.
  const isWhole = taken.every(({ required, value }) => !required || value !== 'true')
  return {
    flags,
    sentence(call, rest) {
      const meant = isWhole ? [...rest, ...flags] : ['…', ...taken.map((option) => option.flags)]
      return `npm kept ${flags.join(' ')} for itself, so nothing was done. Put -- before the arguments:\n  ${call(meant)}`
    },
  }
}

/** The command that is meant, and the words that name it. */
function commandOf(program: Command, args: readonly string[]): { command: Command; words: string[] } {
  let command = program
  const words: string[] = []
  for (const word of args) {
    const next = command.commands.find((one) => one.name() === word)
    if (!next) break
    command = next
    words.push(word)
  }
  return { command, words }
}
