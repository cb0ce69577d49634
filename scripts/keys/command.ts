import { openDatabase, type Database } from '#platform/database'
import { issueApiKey, listApiKeys, revokeApiKeys } from '../../src/api/index.ts'
import { InstanceSet, provideServices, SetupError } from '../services/index.ts'

const USAGE = `npm run keys -- create <name>   makes a key for a client and shows it this once
npm run keys -- revoke <name>   ends every key of that name, within ten seconds
npm run keys -- list            names and dates; the keys themselves are not stored
  The keys are those of DATABASE_URL; without one, of the database of npm start.`

export async function keysCommand([action, name, ...more]: string[]): Promise<void> {
  const run = actionFor(action, name)
  if (!run || more.length > 0) throw new SetupError(USAGE)
  const { url, release } = await findDatabase()
  const { db, close } = openDatabase(url, { poolSize: 1, applicationName: 'fanfare keys' })
  try {
    say(await run(db))
  } finally {
    await close()
    await release()
  }
}

function actionFor(
  action: string | undefined,
  name: string | undefined,
): ((db: Database) => Promise<string>) | undefined {
  if (action === 'list' && name === undefined) return list
  if (!name) return undefined
  if (action === 'create') return (db) => issueApiKey(db, name)
  if (action === 'revoke') return (db) => revoke(db, name)
  return undefined
}

async function revoke(db: Database, name: string): Promise<string> {
  const count = await revokeApiKeys(db, name)
  if (count === 0) throw new SetupError(`No key in use is named '${name}'; npm run keys -- list shows what there is.`)
  return `${count} ${count === 1 ? 'key' : 'keys'} of '${name}' revoked.`
}

async function list(db: Database): Promise<string> {
  const keys = await listApiKeys(db)
  const lines = keys.map(({ name, createdAt, revokedAt }) => {
    const end = revokedAt ? `, revoked ${revokedAt.toISOString()}` : ''
    return `${name}  created ${createdAt.toISOString()}${end}`
  })
  return lines.length === 0 ? 'There are no keys.' : lines.join('\n')
}

async function findDatabase(): Promise<{ url: string; release: () => Promise<void> }> {
  const given = process.env['DATABASE_URL']
  if (given) return { url: given, release: async () => {} }
  const { urls, release } = await provideServices(InstanceSet.open('dev'), (text) => process.stderr.write(`${text}\n`))
  return { url: urls.postgres, release }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
