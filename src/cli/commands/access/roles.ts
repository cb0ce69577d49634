import type { Command } from 'commander'
import { createNames, findReactions, loadReactions } from '#messaging'
import { withDatabase } from '../../connect.ts'
import { host, WORKERS } from '../../host.ts'
import { applyRights } from '../../roles/apply.ts'
import { brokerRights } from '../../roles/broker-rights.ts'
import { ROLES } from '../../roles/rights.ts'
import { exits } from '../../run.ts'
import { json } from '../../terminal/options.ts'
import { EXIT, counted, say, sayJson } from '../../terminal/output.ts'

const help = () => `
${ROLES.api} is for the API, ${ROLES.worker} for relay and workers, ${ROLES.read} for reports. Nobody logs in as them: make
users in them, such as CREATE USER api PASSWORD '…' IN ROLE ${ROLES.api}. Call it as the owner of the tables, after each migration.

Exit codes: 0 done · 1 a table has no rights · 2 wrong usage, not the owner, or PostgreSQL does not answer

--rabbitmq changes nothing: it prints what gives users relay, worker and scheduler of RabbitMQ their permissions, for the reactions of
this release.

Examples:
  ${host().call('roles')} --database-url postgresql://owner:…@db:5432/fanfare
  ${host().call('roles --rabbitmq --vhost fanfare')}`

/** The database roles that the processes log in with. */
export function addRoles(program: Command): void {
  program
    .command('roles')
    .description('make the database roles of API, workers and readers, with the rights that they need')
    .option('--rabbitmq', 'print the commands for users of RabbitMQ in place of that')
    .option('--vhost <name>', 'their virtual host', '/')
    .addOption(json())
    .addHelpText('after', help)
    .action(exits(run))
}

interface Flags {
  rabbitmq?: true
  vhost: string
  json?: boolean
}

const run = (flags: Flags) => (flags.rabbitmq ? printBrokerRights(flags) : apply(flags))

async function printBrokerRights({ vhost, json: asJson }: Flags): Promise<number> {
  const names = createNames(host().env['MESSAGING_NAMESPACE'] ?? '')
  const rights = brokerRights(names, await loadReactions(findReactions(WORKERS)))
  if (asJson) sayJson(rights)
  else
    for (const [user, { configure, write, read }] of Object.entries(rights))
      say(`rabbitmqctl set_permissions --vhost '${vhost}' ${user} '${configure}' '${write}' '${read}'`)
  return EXIT.ok
}

async function apply({ json: asJson }: Flags): Promise<number> {
  const applied = await withDatabase(applyRights)
  const { tables, unlisted } = applied
  if (asJson) sayJson(applied)
  else {
    say(`${Object.values(ROLES).join(', ')} have their rights on ${counted(tables - unlisted.length, 'table')}.`)
    if (unlisted.length > 0) say(`Nobody but the owner can use ${unlisted.join(', ')}: rights.ts does not list them.`)
  }
  return unlisted.length > 0 ? EXIT.failed : EXIT.ok
}
