import { InvalidArgumentError, type Command } from 'commander'
import { SCOPES, type Scope } from '#http'
import { changeAccess, findClient, listClients, listKeys, type IssuedKey } from '../../../api/index.ts'
import { withDatabase } from '../../connect.ts'
import { host } from '../../host.ts'
import { inName, signed, type Signature } from '../../in-name.ts'
import { exits } from '../../run.ts'
import { duration, durationOption, json } from '../../terminal/options.ts'
import { ago, EXIT, say, sayJson, table } from '../../terminal/output.ts'

const help = () => `
Scopes: ${SCOPES.join(', ')}. admin is for operators: all of them, on the orders of every client.

Exit codes: 0 done · 1 failed · 2 wrong usage, no such client or key, or PostgreSQL does not answer

Examples:
  ${host().call('keys create web-shop --scopes orders:read,orders:write')}
  ${host().call('keys create web-shop --scopes orders:read,orders:write --test --expires 90d')}
  ${host().call('keys list web-shop')}
  ${host().call('keys rotate 1f0c9a2e --overlap 24h')}
  ${host().call('keys revoke 1f0c9a2e')}`

/** The keys of clients. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description('the keys of clients').addHelpText('after', help)
  signed(keys.command('create <client>'))
    .description('make a key for a client, and show it this once')
    .requiredOption('--scopes <list>', 'what it may do, separated by commas', readScopes)
    .option('--expires <duration>', 'how long it lives, such as 90d; without it, until it is revoked', duration)
    .option('--test', 'orders placed with it are tests, and never go to a real payment provider')
    .addOption(json())
    .action(exits(create))
  signed(keys.command('rotate <key>'))
    .description('make the key that follows another; the old one goes on for the overlap')
    .addOption(durationOption('--overlap <duration>', 'how long the old key goes on', '24h'))
    .addOption(json())
    .action(exits(rotate))
  signed(keys.command('revoke <key>'))
    .description('end a key, or every key of a client, within ten seconds')
    .addOption(json())
    .action(exits(revoke))
  keys
    .command('list [client]')
    .description('what they may do, when they end, when they were used; the keys themselves are not stored')
    .addOption(json())
    .action(exits(list))
}

function readScopes(list: string): Scope[] {
  return list.split(',').map((word) => {
    const scope = SCOPES.find((one) => one === word.trim())
    if (scope) return scope
    throw new InvalidArgumentError(`${word} is no scope; there are ${SCOPES.join(', ')}.`)
  })
}

interface Flags {
  json?: boolean
}

type Change = Flags & Signature

interface Terms extends Change {
  scopes: Scope[]
  expires?: number
  test?: true
}

async function create(name: string, { json: asJson, scopes, expires, test, ...signature }: Terms): Promise<number> {
  const expiresAt = expires === undefined ? null : new Date(Date.now() + expires)
  const terms = { scopes, expiresAt, test: test ?? false }
  const issued = await withDatabase((db) => changeAccess(db, inName(signature)).issueKey(name, terms))
  return show(issued, asJson)
}

async function rotate(label: string, { json: asJson, overlap, ...signature }: Change & { overlap: number }) {
  const rotated = await withDatabase((db) => changeAccess(db, inName(signature)).rotateKey(label, overlap))
  const { id, key, scopes, test, expiresAt } = rotated
  return show({ id, key, scopes, test, expiresAt }, asJson)
}

function show(issued: IssuedKey, asJson = false): number {
  if (asJson) sayJson(issued)
  else say(issued.key)
  return EXIT.ok
}

async function revoke(given: string, { json: asJson, ...signature }: Change): Promise<number> {
  const revoked = await withDatabase(async (db) => {
    const access = changeAccess(db, inName(signature))
    const isClient = (await listClients(db)).some(({ name }) => name === given)
    if (isClient) return access.revokeKeysOf(given)
    await access.revokeKey(given)
    return 1
  })
  if (asJson) sayJson({ revoked })
  else say(`${revoked} ${revoked === 1 ? 'key' : 'keys'} revoked.`)
  return EXIT.ok
}

async function list(client: string | undefined, { json: asJson }: Flags): Promise<number> {
  const keys = await withDatabase(async (db) => listKeys(db, client ? await findClient(db, client) : undefined))
  if (asJson) sayJson(keys)
  else if (keys.length === 0) say('There are no keys.')
  else
    say(
      table(
        ['key', 'client', 'scopes', 'created', 'ends', 'used'],
        keys.map(({ id, client, scopes, test, createdAt, expiresAt, revokedAt, lastUsedAt }) => [
          id,
          test ? `${client} (test)` : client,
          scopes.join(' '),
          createdAt.toISOString().slice(0, 10),
          revokedAt ? `revoked ${revokedAt.toISOString()}` : (expiresAt?.toISOString() ?? ''),
          lastUsedAt ? ago(lastUsedAt) : 'never',
        ]),
      ),
    )
  return EXIT.ok
}
