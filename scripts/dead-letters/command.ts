import { Command, CommanderError, Option } from 'commander'
import { Refused, UnreadableEvent, type Selector } from '#messaging'
import { StartupError } from '#platform/config'
import { isDatabaseOutage, sqlStateOf } from '#platform/database'
import { SetupError } from '../../dev/services/index.ts'
import { groups, history, list, show } from './browse.ts'
import { discardCommand } from './discard.ts'
import { editCommand } from './edit.ts'
import { duration, json, percent, positive, rate, selectorOf, type SelectorFlags } from './options.ts'
import { EXIT, say, warn } from './output.ts'
import { redriveCommand } from './redrive.ts'
import { untilStopped } from './stop.ts'
import { watch } from './watch.ts'

const EXAMPLES = `
Exit codes: 0 ok · 1 something failed or was halted · 2 wrong usage, or refused without changing anything

Examples:
  npm run dead-letters -- list
  npm run dead-letters -- groups notification.email-customer
  npm run dead-letters -- redrive notification.email-customer --all --canary 20 --rate 50/s --halt-above 5%
  npm run dead-letters -- edit 01928c1e-… --set /customer/email=ada@example.com

The database and broker are DATABASE_URL and RABBITMQ_URL; without them, those of npm start in this project.
docs/dead-letters.md explains every command.`

/** Runs one command line. @returns the exit code */
export async function deadLettersCommand(args: string[]): Promise<number> {
  let code: number = EXIT.ok
  const program = programFor((result) => (code = result))
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    return exitCodeOf(error)
  }
}

const UNDEFINED_TABLE = '42P01'

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.refused
  if (sqlStateOf(error) === UNDEFINED_TABLE) {
    warn('This database is not migrated: npm start does it, or npx prisma migrate deploy.')
    return EXIT.refused
  }
  if (isDatabaseOutage(error)) {
    warn('PostgreSQL cannot be reached: is DATABASE_URL right, and does it run?')
    return EXIT.failed
  }
  const expected = [Refused, UnreadableEvent, SetupError, StartupError].some((kind) => error instanceof kind)
  warn(expected ? (error as Error).message : ((error as Error).stack ?? String(error)))
  return expected ? EXIT.refused : EXIT.failed
}

function programFor(finish: (code: number) => void): Command {
  const program = new Command('npm run dead-letters --')
    .description('Messages that a reaction gave up on: look at them, repair them, send them again.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => say(text.trimEnd()), writeErr: (text) => warn(text.trimEnd()) })
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(--help shows the commands and options)')

  const command = (name: string, description: string) =>
    program.command(name).description(description).addOption(json())
  const ending =
    (run: (...given: never[]) => Promise<number>) =>
    async (...given: unknown[]) =>
      finish(await run(...(given as never[])))

  command('list', 'per reaction: how many, since when, the most frequent error').action(ending(list))
  command('groups <reaction>', 'by cause: reaction, event type, reason and error')
    .option('--limit <n>', 'at most so many groups', positive, 100)
    .action(ending(groups))
  command('show <reaction>', 'one dead letter: message, attempts, what the ledger says, the story of its order')
    .option('--id <id>', 'which; without it the latest open one')
    .action(ending(show))
  selecting(command('redrive <reaction>', "send dead letters to the reaction's queue again"))
    .option('--dry-run', 'only say what would be sent')
    .option('--canary <n>', 'send so many first, and the rest only if they fare well', positive)
    .option('--rate <n/s>', 'at most so many messages per second', rate)
    .option('--halt-above <share>', 'stop when a larger share fails, such as 10% (default with --canary: 10%)', percent)
    .option('--wait <duration>', 'how long to wait for outcomes at the end', duration, 10_000)
    .option('--reason <text>', 'why, for the audit table')
    .option('-y, --yes', 'do not ask')
    .addOption(operator())
    .action(ending(withSelector(redriveCommand)))
  command('edit <id>', 'repair the payload of one dead letter and send it, in $EDITOR or by --file or --set')
    .option('--file <path>', 'take the edited payload from a file; - is standard input')
    .option('--set <pointer=value>', 'set one value, such as /customer/email=ada@example.com; repeatable', collect, [])
    .option('--no-send', 'leave the edited copy open for a later redrive')
    .option('--reason <text>', 'why, for the audit table')
    .option('-y, --yes', 'do not ask')
    .addOption(operator())
    .action(ending(editCommand))
  selecting(command('discard <reaction>', 'close dead letters for good: their events will not be handled'))
    .requiredOption('--reason <text>', 'why, for the audit table')
    .option('--dry-run', 'only say what would be discarded')
    .option('-y, --yes', 'do not ask')
    .addOption(operator())
    .action(ending(withSelector(discardCommand)))
  command('watch', 'show what changes until Ctrl-C')
    .option('--every <duration>', 'between two looks', duration, 1_000)
    .action(ending((flags: Parameters<typeof watch>[0]) => watch(flags, untilStopped())))
  command('history [reaction]', 'what operators did')
    .option('--limit <n>', 'at most so many actions', positive, 50)
    .action(ending(history))
  return program
}

const operator = () => new Option('--as <name>', 'whom the audit table names').default('', 'the user of this system')
const collect = (value: string, given: string[]) => [...given, value]

const selecting = (command: Command) =>
  command
    .option('--id <id...>', 'these')
    .option('--group <fingerprint>', 'those of one cause, as groups prints it')
    .option('--type <event-type>', 'those of one event type')
    .option('--older <duration>', 'those that failed at least so long ago, such as 30m or 2d', duration)
    .option('--all', 'every open one')

/** Hands the selection over as a selector. */
const withSelector =
  <Flags>(run: (reaction: string, flags: Flags, selector: Selector) => Promise<number>) =>
  (reaction: string, flags: Flags & SelectorFlags) =>
    run(reaction, flags, selectorOf(flags))
