import { Option, type Command } from 'commander'
import { listEndpoints } from '#domains/webhooks'
import { findClient } from '../../../api/index.ts'
import { withDatabase } from '../../connect.ts'
import { host } from '../../host.ts'
import { exits } from '../../run.ts'
import { json } from '../../terminal/options.ts'
import { EXIT, say, sayJson, table } from '../../terminal/output.ts'

const help = () => `
Exit codes: 0 all endpoints work · 1 some fail or are disabled · 2 wrong usage, or PostgreSQL does not answer

Examples:
  ${host().call('webhooks')}
  ${host().call('webhooks --client web-shop --all')}`

/** Where clients are told of what happens to their orders. */
export function addWebhooks(program: Command): void {
  program
    .command('webhooks')
    .description('endpoints of clients that fail or are disabled, and what waits for them')
    .addOption(new Option('--client <name>', 'of one client'))
    .option('--all', 'also those that work')
    .addOption(json())
    .addHelpText('after', help)
    .action(exits(list))
}

interface Flags {
  client?: string
  all?: boolean
  json?: boolean
}

async function list({ client: name, all = false, json: asJson }: Flags): Promise<number> {
  const endpoints = await withDatabase(async (db) => {
    const client = name === undefined ? undefined : await findClient(db, name)
    return listEndpoints(db, { inTrouble: !all, ...(client && { clientId: client.id }) })
  })
  const told = endpoints.map(({ salt: _, previousSalt: __, previousUntil: ___, ...endpoint }) => endpoint)
  if (asJson) sayJson(told)
  else if (told.length === 0) say('No endpoint fails, and none is disabled.')
  else
    say(
      table(
        ['endpoint', 'client', 'url', 'state', 'failing since', 'waiting', 'last error'],
        told.map(({ id, client, url, disabledBecause, failingSince, waiting, lastError }) => [
          id,
          client,
          url,
          disabledBecause ? `disabled: ${disabledBecause}` : failingSince ? 'failing' : 'works',
          failingSince?.toISOString() ?? '',
          waiting,
          lastError ?? '',
        ]),
      ),
    )
  return told.some(({ disabledBecause, failingSince }) => disabledBecause ?? failingSince) ? EXIT.failed : EXIT.ok
}
