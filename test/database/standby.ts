import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { appendFileSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { deadline, freePort } from '#testing'
import { brewFolders, children, folderWith, pathFolders } from '../../dev/services/private/binaries.ts'
import { serverUser } from '../../dev/services/private/server-user.ts'

export interface Server {
  /** Its database `postgres`, as superuser. */
  readonly url: string
  readonly port: number
  run(statement: string): Promise<pg.QueryResult>
  /** Ends it as a power failure does. */
  kill(): Promise<void>
}

export interface Standby extends Server {
  promote(): Promise<void>
  /** It receives nothing any more, and nobody is told. */
  disconnect(): Promise<void>
}

export interface Pair {
  primary: Server
  standby: Standby
  close(): Promise<void>
}

const BIN = folderWith(
  [
    ...children('/usr/lib/postgresql').map((folder) => path.join(folder, 'bin')),
    ...pathFolders(),
    ...brewFolders('postgresql'),
  ],
  'initdb',
  'pg_basebackup',
  'postgres',
)

/** True where servers of our own can be started; elsewhere PostgreSQL runs in a container. */
export const canReplicate = BIN !== undefined

/** A primary of its own and a standby that streams from it under the name `standby`, asynchronously. */
export async function startPair(): Promise<Pair> {
  const user = serverUser('postgres')
  const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-pair-'))
  if (user) chownSync(folder, user.uid, user.gid)
  const [first, second] = [path.join(folder, 'primary'), path.join(folder, 'standby')]
  const tool = (name: string, ...args: string[]) => {
    const done = spawnSync(path.join(BIN!, name), args, { cwd: folder, encoding: 'utf8', ...user })
    if (done.status !== 0) throw new Error(`${name}: ${done.stderr}`)
  }
  tool('initdb', '-D', first, '--username=fanfare', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync')
  appendFileSync(path.join(first, 'postgresql.conf'), SETTINGS)
  const start = (data: string, port: number) =>
    spawn(path.join(BIN!, 'postgres'), ['-D', data, '-p', String(port)], { cwd: folder, stdio: 'ignore', ...user })
  const ports = [await freePort(), await freePort()] as const
  const primary = await serverOn(ports[0], start(first, ports[0]))
  const source = `host=127.0.0.1 port=${ports[0]} user=fanfare application_name=standby`
  tool('pg_basebackup', '-D', second, '-R', '-d', source, '--checkpoint=fast', '--no-sync')
  const standby = await serverOn(ports[1], start(second, ports[1]))
  await deadline('the standby streams', async () => {
    const { rows } = await primary.run(`SELECT FROM pg_stat_replication WHERE state = 'streaming'`)
    return rows.length === 1
  })
  return {
    primary,
    standby: {
      ...standby,
      promote: () => standby.run('SELECT pg_promote()').then(() => {}),
      async disconnect() {
        await standby.run(`ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1'`)
        await standby.run('SELECT pg_reload_conf()')
        await deadline('it receives nothing', async () => {
          const { rows } = await primary.run('SELECT FROM pg_stat_replication')
          return rows.length === 0
        })
      },
    },
    async close() {
      await Promise.all([primary.kill(), standby.kill()])
      rmSync(folder, { recursive: true })
    },
  }
}

const SETTINGS = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 16MB
max_connections = 300
fsync = off
wal_level = replica
`

async function serverOn(port: number, child: ChildProcess): Promise<Server> {
  const url = `postgresql://fanfare@127.0.0.1:${port}/postgres`
  const ended = new Promise((resolve) => child.once('close', resolve))
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      return await client.query(statement)
    } finally {
      await client.end().catch(() => {})
    }
  }
  await deadline('the server answers', () => run('SELECT 1').catch(() => false))
  return {
    url,
    port,
    run,
    async kill() {
      child.kill('SIGQUIT') // to PostgreSQL: at once, without writing anything down
      await ended
    },
  }
}
