import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { brewFolders, children, folderWith, pathFolders } from '../../scripts/services/binaries.ts'
import type { Side } from '../contest.ts'
import type { Stage } from '../stage/stage.ts'
import { prepareLimit, type Statement } from './statement.ts'

/**
 * One statement per commit, as fast as this machine does it with so many clients, on a database of its own. pgbench
 * where it is installed; a loop of our own over the pg driver, which says so in its title, where it is not.
 */
export async function commitLimit(stage: Stage, statement: Statement, clients: number, setUp = ''): Promise<Side> {
  const database = await stage.create(`limit_${statement.name.replaceAll('-', '_')}`)
  await prepareLimit(database.pool)
  if (setUp) await database.pool.query(setUp)
  const title = `one commit each, ${clients} client${clients === 1 ? '' : 's'}`
  const binary = findPgbench()
  if (!binary)
    return loopSide(stage, statement, clients, database.url, `${title} (pg driver: pgbench is not installed)`)
  const script = writeScript(stage, statement)
  const run = async (seconds: number) => {
    const work = () => pgbench(binary, script, database.url, clients, seconds)
    const { result: rate, cpu } = await stage.metered([], work)
    return { rate, ...perUnit(cpu, rate * seconds) }
  }
  return { title: `pgbench, ${title}`, warmUp: async () => void (await run(1)), run }
}

/** Debian's pgbench is a wrapper that asks for clusters: the real one stands with the server's programs. */
function findPgbench(): string | undefined {
  const debian = children('/usr/lib/postgresql').map((folder) => path.join(folder, 'bin'))
  const folder = folderWith([...debian.toReversed(), ...pathFolders(), ...brewFolders('postgresql')], 'pgbench')
  return folder && path.join(folder, 'pgbench')
}

function writeScript(stage: Stage, { name, sql, parameters }: Statement): string {
  const folder = path.join(stage.set.folder, 'pgbench')
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `${name}.sql`)
  const draws = parameters.map(({ min, max }, index) => `\\set p${index + 1} random(${min}, ${max})\n`)
  writeFileSync(file, `${draws.join('')}${sql.replaceAll(/\$(\d)/g, ':p$1::int')};\n`)
  return file
}

const exec = promisify(execFile)

async function pgbench(binary: string, script: string, url: string, clients: number, seconds: number): Promise<number> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const where = ['-h', hostname, '-p', port || '5432', '-U', decodeURIComponent(username)]
  const load = [
    '-n',
    '-M',
    'prepared',
    '-c',
    String(clients),
    '-j',
    String(Math.min(clients, 2)),
    '-T',
    String(Math.ceil(seconds)),
  ]
  const env = { ...process.env, PGPASSWORD: decodeURIComponent(password) }
  const { stdout } = await exec(binary, [...where, ...load, '-f', script, pathname.slice(1)], {
    env,
    timeout: (seconds + 30) * 1_000,
  })
  const tps = /tps = ([\d.]+)/.exec(stdout)?.[1]
  if (!tps) throw new Error(`pgbench did not tell its rate:\n${stdout}`)
  return Number(tps)
}

async function loopSide(
  stage: Stage,
  statement: Statement,
  clients: number,
  url: string,
  title: string,
): Promise<Side> {
  const loop = await stage.remote(`loop ${statement.name}`, 'bench/limits/commit-loop.ts', {})
  const run = async (seconds: number) => {
    const plan = { url, sql: statement.sql, parameters: statement.parameters, clients, seconds }
    return { rate: await loop.ask<number>('run', plan, seconds + 60) }
  }
  return { title, warmUp: async () => void (await run(1)), run }
}

/** Processor milliseconds of each part per unit of work, as values of a sample: `cpu postgres` … */
export function perUnit(cpu: Record<string, number>, units: number): Record<string, number> {
  return Object.fromEntries(Object.entries(cpu).map(([part, ms]) => [`cpu ms ${part}`, ms / units]))
}
