import type { Command, Option } from 'commander'
import { Refused } from '#messaging'
import { host } from './host.ts'

/**
 * `npm run replay x --dry-run` hands `x` alone over: npm takes the flag for a setting of its own, says so in its
 * environment, and the command would really deliver.
 * @throws Refused with the call that was meant
 */
export function expectNoTakenFlags(program: Command, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const { command, words } = commandOf(program, args)
  const taken = takenByNpm([...program.options, ...command.options], args, env)
  if (taken.length === 0) return
  const rest = args.slice(words.length)
  const call = host().call([...words, ...rest, ...taken].join(' '))
  throw new Refused(
    `npm kept ${taken.join(' ')} for itself, so nothing was done. Put -- before the arguments:\n  ${call}`,
  )
}

/** The flags among those of a command that npm has taken from `npm run`, with their values. */
function takenByNpm(
  options: readonly Pick<Option, 'long' | 'short'>[],
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): string[] {
  if (env['npm_command'] !== 'run-script') return []
  return options.flatMap(({ long, short }) => {
    if (!long || args.some((arg) => arg === long || arg === short || arg.startsWith(`${long}=`))) return []
    const value = env[`npm_config_${long.slice(2).replaceAll('-', '_')}`]
    if (value === undefined || value === '') return []
    return value === 'true' ? [long] : [`${long}=${value}`]
  })
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
