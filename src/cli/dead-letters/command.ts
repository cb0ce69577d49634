import { Option, type Command } from 'commander'
import { CARE, type Selector } from '#messaging'
import { host } from '../host.ts'
import { exits } from '../run.ts'
import { duration, durationOption, json, positive, rate } from '../terminal/options.ts'
import { untilStopped } from '../terminal/stop.ts'
import { groups, history, list, show } from './browse.ts'
import { discardCommand, restoreCommand } from './discard.ts'
import { editCommand } from './edit.ts'
import { recoveredCommand } from './recovered.ts'
import { redriveCommand } from './redrive.ts'
import { percent, selectorOf, type SelectorFlags } from './selector.ts'
import { changeWaiting, waiting } from './waiting.ts'
import { watch } from './watch.ts'

const help = () => `
Exit codes: 0 ok · 1 something failed or was halted · 2 wrong usage, refused without changing anything, or PostgreSQL does
not answer

Examples:
  ${host().call('dead-letters list')}
  ${host().call('dead-letters groups notification.email-customer')}
  ${host().call(`dead-letters redrive notification.email-customer --all --canary ${CARE.canary} --rate ${CARE.rate}/s --halt-above 5%`)}
  ${host().call('dead-letters edit 01928c1e-… --set /customer/email=ada@example.com')}
  ${host().call(`dead-letters recovered payment-gateway --canary ${CARE.canary} --rate ${CARE.rate}/s`)}
  ${host().call('dead-letters waiting')}
  ${host().call('dead-letters retry payment.authorize-payment --all')}

docs/dead-letters.md explains every command.`

type Add = (name: string, description: string) => Command

/** What a reaction gave up on, or tries again later. */
export function addDeadLetters(program: Command): void {
  const deadLetters = program
    .command('dead-letters')
    .description('what a reaction gave up on, or tries again later: look at it, repair it, have it delivered again')
    .addHelpText('after', help)
  const add: Add = (name, description) => deadLetters.command(name).description(description).addOption(json())
  addLooking(add)
  addRepairing(add)
  addWaiting(add)
}

function addLooking(add: Add) {
  add('list', 'per reaction: how many, since when, the most frequent error').action(exits(list))
  add('groups <reaction>', 'by cause: reaction, event type, reason and error')
    .option('--limit <n>', 'at most so many groups', positive, 100)
    .action(exits(groups))
  add('show <reaction>', 'one of them, in whatever state: message, attempts, repairs, the story of its order')
    .option('--id <id>', 'which, or the id of its event; without it the latest dead letter')
    .option('--personal', 'names and addresses too')
    .action(exits(show))
  add('watch', 'show what changes until Ctrl-C')
    .addOption(durationOption('--every <duration>', 'between two looks', '1s'))
    .action(exits((flags: Parameters<typeof watch>[0]) => watch(flags, untilStopped())))
  add('history [reaction]', 'what operators did')
    .option('--limit <n>', 'at most so many actions', positive, 50)
    .action(exits(history))
}

function addRepairing(add: Add) {
  paced(signed(selecting(add('redrive <reaction>', 'have dead letters delivered again')))).action(
    exits(withSelector(redriveCommand)),
  )
  paced(
    signed(
      add('recovered [dependency]', 'what is left of the time when something was away; with its name: redrive it'),
    ),
  ).action(exits(recoveredCommand))
  signed(add('edit <id>', 'repair the data of one dead letter and redrive it, in $EDITOR or by --file or --set'))
    .option('--file <path>', 'take the edited data from a file; - is standard input')
    .option('--set <pointer=value>', 'set one value, such as /customer/email=ada@example.com; repeatable', collect, [])
    .option('--personal', 'show names and addresses as they are; without it they can be set, and not seen')
    .option('--no-send', 'leave it dead for a later redrive')
    .option('--undo', 'take back what was edited and not sent')
    .action(exits(editCommand))
  signed(selecting(add('discard <reaction>', 'close dead letters: their events will not be handled')), { why: true })
    .option('--dry-run', 'only say what would be discarded')
    .action(exits(withSelector(discardCommand)))
  signed(selecting(add('restore <reaction>', 'undo a discard: dead again'))).action(exits(withSelector(restoreCommand)))
}

function addWaiting(add: Add) {
  add('waiting [reaction]', 'what is retried later, blocked or held')
    .option('--limit <n>', 'list at most so many; more are shown by cause', positive, 50)
    .action(exits(waiting))
  signed(selecting(add('retry <reaction>', 'what is retried later, or held, is due now')))
    .alias('release')
    .action(exits(withSelector(changeWaiting('retry'))))
  signed(selecting(add('hold <reaction>', 'keep what is retried later, or blocked, back until retry'))).action(
    exits(withSelector(changeWaiting('hold'))),
  )
}

/** What every change of an operator takes. */
const signed = (command: Command, { why = false } = {}) =>
  command
    .addOption(new Option('--reason <text>', 'why, for the audit table').makeOptionMandatory(why))
    .option('-y, --yes', 'do not ask')
    .addOption(operator())

/** How a redrive goes about it. */
const paced = (command: Command) =>
  command
    .option('--dry-run', 'only say what would be sent')
    .option('--canary <n>', 'send so many first, and the rest only if they fare well', positive)
    .option('--rate <n/s>', 'at most so many per second', rate)
    .option('--halt-above <share>', 'stop when a larger share fails, such as 10% (default with --canary: 10%)', percent)
    .addOption(durationOption('--wait <duration>', 'how long to wait for outcomes at the end', '10s'))

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
