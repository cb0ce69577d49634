import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { deadline, freePort } from '#testing'
import { serverUser } from '../../dev/services/private/server-user.ts'

export interface PgBouncer {
  /** `url` with the pooler in place of its server. */
  through(url: string): string
  stop(): Promise<void>
}

/** `1.18.0`; undefined where it is not installed. */
export function pgbouncerVersion(): string | undefined {
  const { stdout } = spawnSync('pgbouncer', ['--version'], { encoding: 'utf8', env: PATH })
  return /PgBouncer (\S+)/.exec(stdout ?? '')?.[1]
}

/** Debian puts it where only root looks. */
const PATH = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` }

/** A pooler in transaction mode in front of the server of `url`, with few sessions, so that they change hands all the time. */
export async function startPgBouncer(url: string, settings: Record<string, string | number> = {}): Promise<PgBouncer> {
  const { hostname, port: serverPort, username, password } = new URL(url)
  const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-pgbouncer-'))
  const port = await freePort()
  const file = (name: string, lines: readonly string[]) => {
    const where = path.join(folder, name)
    writeFileSync(where, `${lines.join('\n')}\n`)
    return where
  }
  const users = file('users.txt', [`"${username}" "${password}"`])
  const all = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    auth_type: 'trust',
    auth_file: users,
    ...SETTINGS,
    ...settings,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`)
  const ini = file('pgbouncer.ini', ['[databases]', `* = host=${hostname} port=${serverPort}`, '[pgbouncer]', ...lines])
  const user = serverUser('postgres')
  if (user) for (const place of [folder, users, ini]) chownSync(place, user.uid, user.gid)
  const child = spawn('pgbouncer', [ini], { env: PATH, cwd: folder, stdio: 'ignore', ...user })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const through = (to: string) => Object.assign(new URL(to), { hostname: '127.0.0.1', port: String(port) }).href
  await deadline('the pooler answers', () => answers(through(url)))
  return {
    through,
    async stop() {
      child.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

const SETTINGS = {
  pool_mode: 'transaction',
  default_pool_size: 4,
  max_client_conn: 200,
  unix_socket_dir: '',
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } catch {
    return false
  } finally {
    void client.end().catch(() => {})
  }
}
