import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { brewFolders, children, folderWith, pathFolders } from '../../dev/services/private/binaries.ts'
import type { Side } from '../contest.ts'
import type { BenchDatabase } from '../stage/databases.ts'
import type { Stage } from '../stage/stage.ts'
import type { Plan } from './commit-loop.ts'
import { prepareLimit, type Transaction } from './statement.ts'

/** Numbers that one run may use up, so that the ids of the next one come after them. */
const RUN = 1e8

/**
 * One transaction after the other, as fast as this machine does it with so many clients, on a database of its own. pgbench
 * where it is installed; a loop of our own over the pg driver, which says so in its title, where it is not.
 */
export async function commitLimit(stage: Stage, transaction: Transaction, clients: number, setUp = ''): Promise<Side> {
  const database = await stage.create(`limit_${transaction.name.replaceAll('-', '_')}`)
  await prepareLimit(database.pool)
  if (setUp) await database.pool.query(setUp)
  const form = transaction.statements.length === 1 ? 'one statement and commit each' : 'BEGIN … COMMIT each'
  const title = `${form}, ${clients} client${clients === 1 ? '' : 's'}`
  const binary = findPgbench()
  const commit = binary
    ? pgbench(binary, writeScript(stage, transaction, clients), database, clients)
    : await loop(stage, transaction, database, clients)
  let runs = 0
  const run = async (seconds: number) => {
    const { result: rate, cpu } = await stage.metered([], () => commit(seconds, runs++ * RUN))
    return { rate, ...perUnit(cpu, rate * seconds) }
  }
  return {
    title: binary ? `pgbench, ${title}` : `${title} (pg driver: pgbench is not installed)`,
    warmUp: async () => void (await run(1)),
    run,
  }
}

/** @returns commits per second */
type Commit = (seconds: number, start: number) => Promise<number>

/** Debian's pgbench is a wrapper that asks for clusters: the real one stands with the server's programs. */
function findPgbench(): string | undefined {
  const debian = children('/usr/lib/postgresql').map((folder) => path.join(folder, 'bin'))
  const folder = folderWith([...debian.toReversed(), ...pathFolders(), ...brewFolders('postgresql')], 'pgbench')
  return folder && path.join(folder, 'pgbench')
}

function writeScript(stage: Stage, { name, statements, draws }: Transaction, clients: number): string {
  const folder = path.join(stage.set.folder, 'pgbench')
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `${name}-${clients}.sql`)
  const variables = [
    '\\set turn :turn + 1',
    `\\set p1 :turn * ${clients} + :client_id`,
    ...draws.map(({ min, max }, index) => `\\set p${index + 2} random(${min}, ${max})`),
  ]
  const sql = statements.map((statement) => `${statement.replaceAll(/\$(\d)/g, ':p$1::bigint')};`)
  const whole = sql.length === 1 ? sql : ['BEGIN;', ...sql, 'COMMIT;']
  writeFileSync(file, `${[...variables, ...whole].join('\n')}\n`)
  return file
}

const exec = promisify(execFile)

function pgbench(binary: string, script: string, { url }: BenchDatabase, clients: number): Commit {
  const { hostname, port, username, password, pathname } = new URL(url)
  const where = ['-h', hostname, '-p', port || '5432', '-U', decodeURIComponent(username)]
  const load = ['-n', '-M', 'prepared', '-c', String(clients), '-j', String(Math.min(clients, 2)), '-f', script]
  const env = { ...process.env, PGPASSWORD: decodeURIComponent(password) }
  return async (seconds, start) => {
    const run = ['-T', String(Math.ceil(seconds)), '-D', `turn=${start}`]
    const options = { env, timeout: (seconds + 30) * 1_000 }
    const { stdout } = await exec(binary, [...where, ...load, ...run, pathname.slice(1)], options)
    const tps = /tps = ([\d.]+)/.exec(stdout)?.[1]
    if (!tps) throw new Error(`pgbench did not tell its rate:\n${stdout}`)
    return Number(tps)
  }
}

async function loop(stage: Stage, transaction: Transaction, { url }: BenchDatabase, clients: number): Promise<Commit> {
  const remote = await stage.remote(`loop ${transaction.name}`, 'bench/limits/commit-loop.ts', {})
  return (seconds, start) => {
    const plan: Plan = { url, transaction, clients, seconds, start }
    return remote.ask<number>('run', plan, seconds + 60)
  }
}

/** Processor milliseconds of each part per unit of work, as values of a sample: `cpu postgres` … */
export function perUnit(cpu: Record<string, number>, units: number): Record<string, number> {
  return Object.fromEntries(Object.entries(cpu).map(([part, ms]) => [`cpu ms ${part}`, ms / units]))
}
