import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { brewFolders, children, folderWith, pathFolders } from '../../dev/services/private/binaries.ts'
import { SetupError } from '../../dev/services/index.ts'
import type { Side } from '../benchmark.ts'
import type { Environment } from '../environment/environment.ts'
import type { Transaction } from './transactions.ts'

/** Numbers that one run may use up, so that the ids of the next one come after them. */
const RUN = 1e8

/** One transaction after the other, as fast as pgbench does it with so many clients, on a database of its own. */
export async function commits(
  environment: Environment,
  transaction: Transaction,
  clients: number,
  setUp = '',
): Promise<Side> {
  const database = await environment.create(transaction.name.replaceAll('-', '_'))
  if (setUp) await database.pool.query(setUp)
  const script = writeScript(environment, transaction, clients)
  let runs = 0
  const run = async (seconds: number) => ({
    rate: await pgbench(database.url, { script, clients, seconds, start: runs++ * RUN }),
  })
  return {
    title: `pgbench, BEGIN … COMMIT each, ${clients} client${clients === 1 ? '' : 's'}`,
    warmUp: () => run(1),
    run,
  }
}

function writeScript({ set }: Environment, { name, statements, draws }: Transaction, clients: number): string {
  const folder = path.join(set.folder, 'pgbench')
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `${name}-${clients}.sql`)
  const variables = [
    '\\set turn :turn + 1',
    `\\set p1 :turn * ${clients} + :client_id`,
    ...draws.map(({ min, max }, index) => `\\set p${index + 2} random(${min}, ${max})`),
  ]
  const sql = statements.map((statement) => `${statement.replaceAll(/\$(\d)/g, ':p$1::bigint')};`)
  writeFileSync(file, `${[...variables, 'BEGIN;', ...sql, 'COMMIT;'].join('\n')}\n`)
  return file
}

const exec = promisify(execFile)

interface Load {
  script: string
  clients: number
  seconds: number
  /** The first number for `$1`; a client's own are as far apart as there are clients. */
  start: number
}

/** @returns commits per second */
async function pgbench(url: string, { script, clients, seconds, start }: Load): Promise<number> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const where = ['-h', hostname, '-p', port || '5432', '-U', decodeURIComponent(username)]
  const load = ['-n', '-M', 'prepared', '-c', String(clients), '-j', String(Math.min(clients, 2)), '-f', script]
  const run = ['-T', String(Math.ceil(seconds)), '-D', `turn=${start}`]
  const env = { ...process.env, PGPASSWORD: decodeURIComponent(password) }
  const options = { env, timeout: (seconds + 30) * 1_000 }
  const { stdout } = await exec(findPgbench(), [...where, ...load, ...run, pathname.slice(1)], options)
  const tps = /tps = ([\d.]+)/.exec(stdout)?.[1]
  if (!tps && !stdout.includes('actually processed: 0')) throw new Error(`pgbench did not tell its rate:\n${stdout}`)
  return Number(tps ?? 0) // a machine so busy that its clients did not even connect
}

/** Debian's pgbench is a wrapper that asks for clusters: the real one stands with the server's programs. */
function findPgbench(): string {
  const debian = children('/usr/lib/postgresql').map((folder) => path.join(folder, 'bin'))
  const folder = folderWith([...debian.toReversed(), ...pathFolders(), ...brewFolders('postgresql')], 'pgbench')
  if (folder) return path.join(folder, 'pgbench')
  throw new SetupError('The baselines need pgbench, which comes with PostgreSQL: install it (Debian: postgresql).')
}
