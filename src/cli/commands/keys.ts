import type { Command } from 'commander'
import { Refused } from '#messaging'
import { issueApiKey, listApiKeys, revokeApiKeys } from '../../api/index.ts'
import { withDatabase } from '../connect.ts'
import { host } from '../host.ts'
import { exits } from '../run.ts'
import { didYouMean } from '../terminal/suggest.ts'
import { json } from '../terminal/options.ts'
import { EXIT, say, sayJson } from '../terminal/output.ts'

const help = () => `
Exit codes: 0 done · 1 failed · 2 wrong usage, no such key, or PostgreSQL does not answer

Examples:
  ${host().call('keys create web-shop')}
  ${host().call('keys list')}`

/** The keys of API clients. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description('the keys of API clients').addHelpText('after', help)
  keys
    .command('create <name>')
    .description('make a key for a client, and show it this once')
    .addOption(json())
    .action(exits(create))
  keys
    .command('revoke <name>')
    .description('end every key of that name, within ten seconds')
    .addOption(json())
    .action(exits(revoke))
  keys
    .command('list')
    .description('names and dates; the keys themselves are not stored')
    .addOption(json())
    .action(exits(list))
}

interface Flags {
  json?: boolean
}

async function create(name: string, { json: asJson }: Flags): Promise<number> {
  const key = await withDatabase((db) => issueApiKey(db, name))
  if (asJson) sayJson({ name, key })
  else say(key)
  return EXIT.ok
}

async function revoke(name: string, { json: asJson }: Flags): Promise<number> {
  const revoked = await withDatabase(async (db) => {
    const count = await revokeApiKeys(db, name)
    if (count > 0) return count
    const names = (await listApiKeys(db)).flatMap((key) => (key.revokedAt ? [] : [key.name]))
    throw new Refused(
      `No key in use is named '${name}'.${didYouMean(name, names)} ${host().call('keys list')} shows what there is.`,
    )
  })
  if (asJson) sayJson({ name, revoked })
  else say(`${revoked} ${revoked === 1 ? 'key' : 'keys'} of '${name}' revoked.`)
  return EXIT.ok
}

async function list({ json: asJson }: Flags): Promise<number> {
  const keys = await withDatabase(listApiKeys)
  if (asJson) sayJson(keys)
  else if (keys.length === 0) say('There are no keys.')
  for (const { name, createdAt, revokedAt } of asJson ? [] : keys) {
    const end = revokedAt ? `, revoked ${revokedAt.toISOString()}` : ''
    say(`${name}  created ${createdAt.toISOString()}${end}`)
  }
  return EXIT.ok
}
