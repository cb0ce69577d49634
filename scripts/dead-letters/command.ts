import { Command, CommanderError, Option } from 'commander'
import { Refused, UnreadableEvent, type Selector } from '#messaging'
import { StartupError } from '#platform/config'
import { isDatabaseOutage, sqlStateOf } from '#platform/database'
import { SetupError } from '../../dev/services/index.ts'
import { groups, history, list, show } from './browse.ts'
import { discardCommand, restoreCommand } from './discard.ts'
import { editCommand } from './edit.ts'
import { duration, json, percent, positive, rate, selectorOf, type SelectorFlags } from './options.ts'
import { EXIT, say, warn } from './output.ts'
import { redriveCommand } from './redrive.ts'
import { untilStopped } from './stop.ts'
import { changeWaiting, waiting } from './waiting.ts'
import { watch } from './watch.ts'

const EXAMPLES = `
Exit codes: 0 ok · 1 something failed or was halted · 2 wrong usage, or refused without changing anything

Examples:
  npm run dead-letters -- list
  npm run dead-letters -- groups notification.email-customer
  npm run dead-letters -- redrive notification.email-customer --all --canary 20 --rate 50/s --halt-above 5%
  npm run dead-letters -- edit 01928c1e-… --set /customer/email=ada@example.com
  npm run dead-letters -- waiting
  npm run dead-letters -- retry payment.authorize --all

The database is DATABASE_URL; without it, that of npm start in this project.
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

type Add = (name: string, description: string) => Command

function programFor(finish: (code: number) => void): Command {
  const program = new Command('npm run dead-letters --')
    .description('What a reaction gave up on, or tries again later: look at it, repair it, have it delivered again.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => say(text.trimEnd()), writeErr: (text) => warn(text.trimEnd()) })
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(--help shows the commands and options)')
  const add: Add = (name, description) => program.command(name).description(description).addOption(json())
  const ending: Ending =
    (run) =>
    async (...given) =>
      finish(await run(...(given as never[])))
  addLooking(add, ending)
  addRepairing(add, ending)
  addWaiting(add, ending)
  return program
}

/** What the command returns is the exit code. */
type Ending = (run: (...given: never[]) => Promise<number>) => (...given: unknown[]) => Promise<void>

function addLooking(add: Add, ending: Ending) {
  add('list', 'per reaction: how many, since when, the most frequent error').action(ending(list))
  add('groups <reaction>', 'by cause: reaction, event type, reason and error')
    .option('--limit <n>', 'at most so many groups', positive, 100)
    .action(ending(groups))
  add('show <reaction>', 'one of them, in whatever state: message, attempts, repairs, the story of its order')
    .option('--id <id>', 'which, or the id of its event; without it the latest dead letter')
    .action(ending(show))
  add('watch', 'show what changes until Ctrl-C')
    .option('--every <duration>', 'between two looks', duration, 1_000)
    .action(ending((flags: Parameters<typeof watch>[0]) => watch(flags, untilStopped())))
  add('history [reaction]', 'what operators did')
    .option('--limit <n>', 'at most so many actions', positive, 50)
    .action(ending(history))
}

function addRepairing(add: Add, ending: Ending) {
  signed(selecting(add('redrive <reaction>', 'have dead letters delivered again')))
    .option('--dry-run', 'only say what would be sent')
    .option('--canary <n>', 'send so many first, and the rest only if they fare well', positive)
    .option('--rate <n/s>', 'at most so many per second', rate)
    .option('--halt-above <share>', 'stop when a larger share fails, such as 10% (default with --canary: 10%)', percent)
    .option('--wait <duration>', 'how long to wait for outcomes at the end', duration, 10_000)
    .action(ending(withSelector(redriveCommand)))
  signed(add('edit <id>', 'repair the data of one dead letter and redrive it, in $EDITOR or by --file or --set'))
    .option('--file <path>', 'take the edited data from a file; - is standard input')
    .option('--set <pointer=value>', 'set one value, such as /customer/email=ada@example.com; repeatable', collect, [])
    .option('--no-send', 'leave it dead for a later redrive')
    .action(ending(editCommand))
  signed(selecting(add('discard <reaction>', 'close dead letters: their events will not be handled')), { why: true })
    .option('--dry-run', 'only say what would be discarded')
    .action(ending(withSelector(discardCommand)))
  signed(selecting(add('restore <reaction>', 'undo a discard: dead again'))).action(
    ending(withSelector(restoreCommand)),
  )
}

function addWaiting(add: Add, ending: Ending) {
  add('waiting [reaction]', 'what is retried later, blocked or held')
    .option('--limit <n>', 'list at most so many; more are shown by cause', positive, 50)
    .action(ending(waiting))
  signed(selecting(add('retry <reaction>', 'what is retried later, or held, is due now')))
    .alias('release')
    .action(ending(withSelector(changeWaiting('retry'))))
  signed(selecting(add('hold <reaction>', 'keep what is retried later, or blocked, back until retry'))).action(
    ending(withSelector(changeWaiting('hold'))),
  )
}

/** What every change of an operator takes. */
const signed = (command: Command, { why = false } = {}) =>
  command
    .addOption(new Option('--reason <text>', 'why, for the audit table').makeOptionMandatory(why))
    .option('-y, --yes', 'do not ask')
    .addOption(operator())

const operator = () => new Option('--as <name>', 'whom the audit table names').default('', 'the user of this system')
const collect = (value: string, given: string[]) => [...given, value]

const selecting = (command: Command) =>
  command
    .option('--id <id...>', 'these, or those of these events')
    .option('--group <fingerprint>', 'those of one cause, as groups prints it')
    .option('--type <event-type>', 'those of one event type')
    .option('--older <duration>', 'those that failed last at least so long ago, such as 30m or 2d', duration)
    .option('--all', 'every one')

/** Hands the selection over as a selector. */
const withSelector =
  <Flags>(run: (reaction: string, flags: Flags, selector: Selector) => Promise<number>) =>
  (reaction: string, flags: Flags & SelectorFlags) =>
    run(reaction, flags, selectorOf(flags))
