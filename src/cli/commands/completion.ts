import { Argument, type Command } from 'commander'
import { findReactions } from '#messaging'
import { WORKERS } from '../host.ts'
import { exits } from '../run.ts'
import { EXIT, say } from '../terminal/output.ts'

const HELP = `
Examples:
  source <(fanfare completion bash)
  fanfare completion zsh >~/.zfunc/_fanfare     in a folder of $fpath`

/** Prints a script for the shell, made from the commands there are. */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print the script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh']))
    .addHelpText('after', HELP)
    .action(
      exits(async (shell: 'bash' | 'zsh') => {
        say(shell === 'bash' ? bash(program) : zsh(program))
        return EXIT.ok
      }),
    )
}

const bash = (program: Command) => `_fanfare() {
  local choices
  case "\${COMP_WORDS[*]:1:COMP_CWORD-1}" in
${cases(program)}
  esac
  COMPREPLY=($(compgen -W "$choices" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _fanfare fanfare`

const zsh = (program: Command) => `#compdef fanfare
_fanfare() {
  local choices
  case "\${(j: :)words[2,CURRENT-1]}" in
${cases(program)}
  esac
  compadd -- \${=choices}
}
if [ "$funcstack[1]" = _fanfare ]; then _fanfare "$@"; else compdef _fanfare fanfare; fi`

/** The longest beginnings stand first: of the patterns of a case, the first that fits is taken. */
const cases = (program: Command) =>
  completions(program)
    .toSorted(([a], [b]) => b.length - a.length)
    .map(([before, words]) => `    ${before === '' ? '*' : `"${before}"*`}) choices="${words.join(' ')}" ;;`)
    .join('\n')

/** What may follow after the words that name a command. */
function completions(command: Command, before: string[] = []): [before: string, words: string[]][] {
  const options = command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : []))
  const names = command.commands.map((one) => one.name())
  const takesReaction = command.registeredArguments.some((one) => ['reaction', 'names'].includes(one.name()))
  const reactions = takesReaction ? findReactions(WORKERS).map(({ name }) => name) : []
  return [
    [before.join(' '), [...names, ...reactions, ...options, '--help']],
    ...command.commands.flatMap((one) => completions(one, [...before, one.name()])),
  ]
}
