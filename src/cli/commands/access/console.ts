import type { Command } from 'commander'
import { issueLink } from '../../../api/index.ts'
import { withDatabase } from '../../connect.ts'
import { host } from '../../host.ts'
import { operatorOf } from '../../in-name.ts'
import { exits } from '../../run.ts'
import { json } from '../../terminal/options.ts'
import { EXIT, say, sayJson } from '../../terminal/output.ts'

const help = () => `
Exit codes: 0 printed · 2 wrong usage, or PostgreSQL does not answer

Whoever can use the database may use the console. Others sign in with a key that has the scope admin.

Examples:
  ${host().call('console')}
  ${host().call('console --url https://shop.example')}`

interface Flags {
  url?: string
  json?: boolean
}

/** A way into the console in the browser. */
export function addConsole(program: Command): void {
  program
    .command('console')
    .description('print a link that signs a browser in to the console: once, within ten minutes')
    .option('--url <url>', 'where the API is reached; without it PUBLIC_URL, or this machine')
    .addOption(json())
    .addHelpText('after', help)
    .action(exits(print))
}

async function print({ url, json: asJson }: Flags): Promise<number> {
  const { env } = host()
  const place = url || env['PUBLIC_URL'] || `http://127.0.0.1:${env['PORT'] || 3000}`
  const link = consoleLink(place, await withDatabase((db) => issueLink(db, operatorOf())))
  if (asJson) sayJson({ link })
  else say(link)
  return EXIT.ok
}

/** The key stands behind `#`, which a browser sends to nobody, so it is in no log. */
const consoleLink = (place: string, key: string) => `${place.replace(/\/$/, '')}/console/#sign-in=${key}`
