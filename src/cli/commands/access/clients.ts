import type { Command } from 'commander'
import { changeAccess, listClients } from '../../../api/index.ts'
import { withDatabase } from '../../connect.ts'
import { host } from '../../host.ts'
import { inName, signed, type Signature } from '../../in-name.ts'
import { exits } from '../../run.ts'
import { json } from '../../terminal/options.ts'
import { EXIT, say, sayJson, table } from '../../terminal/output.ts'

const help = () => `
Exit codes: 0 done · 1 failed · 2 wrong usage, a name that is taken, or PostgreSQL does not answer

Examples:
  ${host().call('clients create web-shop')}
  ${host().call('keys create web-shop --scopes orders:read,orders:write')}`

/** Who calls the API: orders and keys are theirs. */
export function addClients(program: Command): void {
  const clients = program
    .command('clients')
    .description('who calls the API: a shop, a channel, a carrier, a support desk')
    .addHelpText('after', help)
  signed(clients.command('create <name>'))
    .description('make a client; it needs a key before it can call')
    .addOption(json())
    .action(exits(create))
  clients.command('list').description('names, and how many keys they use').addOption(json()).action(exits(list))
}

interface Flags {
  json?: boolean
}

async function create(name: string, { json: asJson, ...signature }: Flags & Signature): Promise<number> {
  const client = await withDatabase((db) => changeAccess(db, inName(signature)).createClient(name))
  if (asJson) sayJson(client)
  else say(`${name} can have keys now: ${host().call(`keys create ${name} --scopes orders:read,orders:write`)}`)
  return EXIT.ok
}

async function list({ json: asJson }: Flags): Promise<number> {
  const clients = await withDatabase(listClients)
  if (asJson) sayJson(clients)
  else
    say(
      table(
        ['client', 'keys in use', 'since'],
        clients.map(({ name, keys, createdAt }) => [name, keys, createdAt.toISOString()]),
      ),
    )
  return EXIT.ok
}
