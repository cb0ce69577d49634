import { Command } from 'commander'
import { addArchive } from './history/archive.ts'
import { addAudit } from './commands/orders/audit.ts'
import { addClients } from './commands/access/clients.ts'
import { addCompletion } from './commands/completion.ts'
import { addConsole } from './commands/access/console.ts'
import { addCustomers } from './commands/orders/customers.ts'
import { addEvents } from './commands/messaging/events.ts'
import { addKeys } from './commands/access/keys.ts'
import { addProcesses } from './commands/processes.ts'
import { addReactions } from './commands/messaging/reactions.ts'
import { addReconcile } from './commands/messaging/reconcile.ts'
import { addReplay } from './commands/messaging/replay.ts'
import { addSchedules } from './commands/messaging/schedules.ts'
import { addRoles } from './commands/access/roles.ts'
import { addPartitions } from './history/partitions.ts'
import { addOldOrders } from './history/delete-orders.ts'
import { addRestore } from './history/restore.ts'
import { addStory } from './commands/orders/story.ts'
import { addStuck } from './commands/orders/stuck.ts'
import { addMail } from './commands/orders/mail.ts'
import { addTop } from './top/command.ts'
import { addWebhooks } from './commands/access/webhooks.ts'
import { addDeadLetters } from './dead-letters/command.ts'
import { addProjections } from './projections/command.ts'
import { host, useHost, type Host } from './host.ts'
import { expectNoTakenFlags } from './npm-flags.ts'
import { exitCodeOf } from './run.ts'
import { filled } from './terminal/hanging.ts'
import { say, warn } from './terminal/output.ts'

const help = () => `
Exit codes: 0 ok · 1 something was found, failed or was halted · 2 wrong usage, refused without changing anything, or a service does not answer

It needs DATABASE_URL, and RABBITMQ_URL where messages are delivered.

Examples:
  ${host().call('stuck')}
  ${host().call('story 01a1fd57-2382-7c64-b8f6-ec17e14dfecf')}
  ${host().call('audit --json')}
  ${host().call('dead-letters list')}`

/** Runs one command line. @returns the exit code: 0 ok, 1 found something or failed, 2 wrong usage or refused */
export async function fanfare(args: readonly string[], given: Partial<Host> & Pick<Host, 'env'>): Promise<number> {
  useHost(given)
  const program = createProgram()
  return exitCodeOf(async () => {
    expectNoTakenFlags(program, args, given.env)
    await program.parseAsync(args, { from: 'user' })
  })
}

/** By what an operator wants. */
const COMMANDS: Readonly<Record<string, readonly ((program: Command) => void)[]>> = {
  'What goes on:': [addStuck, addTop, addStory, addAudit, addMail],
  'Repair:': [addDeadLetters, addReactions, addSchedules, addReconcile, addReplay, addProjections],
  'Data:': [addArchive, addRestore, addOldOrders, addPartitions, addCustomers, addEvents],
  'Access:': [addClients, addKeys, addWebhooks, addRoles, addConsole],
  'Processes:': [addProcesses],
  'Other:': [addCompletion, (program) => void program.helpCommand(true)],
}

function createProgram(): Command {
  const program = new Command('fanfare')
    .description('The command line of an operator of Fanfare.')
    .option('--database-url <url>', 'PostgreSQL, in place of DATABASE_URL')
    .option('--rabbitmq-url <url>', 'RabbitMQ, in place of RABBITMQ_URL')
    .exitOverride()
    .configureOutput({ writeOut: (text) => say(filled(text.trimEnd())), writeErr: (text) => warn(text.trimEnd()) })
    .configureHelp({ showGlobalOptions: true, commandUsage: usageOf })
    .showHelpAfterError('(--help shows the commands and options)')
    .addHelpText('after', ({ command }) => (command.parent ? '' : help()))
    .hook('preAction', applySharedOptions)
  for (const [group, commands] of Object.entries(COMMANDS)) {
    program.commandsGroup(group)
    for (const add of commands) add(program)
  }
  return program
}

function applySharedOptions(program: Command) {
  const { databaseUrl, rabbitmqUrl } = program.opts<{ databaseUrl?: string; rabbitmqUrl?: string }>()
  if (databaseUrl) Object.assign(host().env, { DATABASE_URL: databaseUrl, DATABASE_DIRECT_URL: databaseUrl })
  if (rabbitmqUrl) host().env['RABBITMQ_URL'] = rabbitmqUrl
}

/** As a person calls it here. */
function usageOf(command: Command): string {
  const names: string[] = []
  for (let one: Command | null = command; one?.parent; one = one.parent) names.unshift(one.name())
  return host().call([...names, command.usage()].join(' '))
}
