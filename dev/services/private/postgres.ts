import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { isAnswering } from '../answering.ts'
import { brewFolders, children, isExecutable, pathFolders } from './binaries.ts'
import { SetupError } from '../../project.ts'
import type { PrivateService } from '../contract.ts'
import { launch, runningPid, stopDaemon } from '../../processes/daemon.ts'
import type { InstanceSet } from '../instance-set.ts'
import { didNotStart } from './did-not-start.ts'
import { serverUser, type ServerUser } from './server-user.ts'
import { runToEnd } from '../../processes/run-to-end.ts'
import { untilUp } from './until-up.ts'

const OLDEST_MAJOR = 14

const PATIENCE_S = 60

export const postgres: PrivateService = {
  name: 'postgres',
  isInstalled: () => installed().length > 0,
  url: (set) => `postgresql://fanfare:${set.state.secret}@127.0.0.1:${set.port('postgres')}/fanfare`,
  isRunning: (set) => runningPid(pidFile(set)) !== undefined,

  async start(set, signal, onLaunch = () => {}) {
    if (!postgres.isRunning(set)) {
      await set.choosePort('postgres')
      const user = serverUser('postgres')
      const folder = dataFolder(set, user)
      const bin = binariesFor(folder)
      if (!existsSync(path.join(folder, MADE))) await initialise({ bin, folder, user }, set.state.secret, signal)
      launchServer(set, bin, folder, user)
    }
    onLaunch()
    const answers = () => isAnswering('postgres', postgres.url(set))
    if (await untilUp(answers, () => postgres.isRunning(set), { seconds: PATIENCE_S, signal })) return
    throw await didNotStart('postgres', set, PATIENCE_S)
  },

  async stop(set, signal = 'SIGTERM') {
    // To PostgreSQL, SIGTERM means "wait until every client has gone" and SIGINT means "now, cleanly".
    await stopDaemon(pidFile(set), signal === 'SIGTERM' ? 'SIGINT' : signal, 30)
    if (set.state.postgresFolder === memoryFolder(set)) await postgres.wipe(set)
  },

  async wipe(set) {
    rmSync(set.state.postgresFolder ?? usualFolder(set), { recursive: true, force: true })
  },
}

const pidFile = (set: InstanceSet) => path.join(set.folder, 'postgres.pid')
const logFile = (set: InstanceSet) => path.join(set.folder, 'postgres.log')
const usualFolder = (set: InstanceSet) => path.join(set.folder, 'postgres')

function launchServer(set: InstanceSet, bin: string, folder: string, user: ServerUser | undefined): void {
  launch({
    command: path.join(bin, 'postgres'),
    args: [
      '-D',
      path.join(folder, 'data'),
      '-p',
      String(set.port('postgres')),
      ...(set.name === 'test' ? FOR_TESTS : []),
    ],
    log: logFile(set),
    pidFile: pidFile(set),
    cwd: folder,
    env: ENVIRONMENT,
    user,
  })
}

/** There once the data folder is whole: initdb writes other files before it. */
const MADE = 'data/PG_VERSION'

interface Place {
  bin: string
  folder: string
  user: ServerUser | undefined
}

/**
 * Makes a database cluster whose only user is ours, with a password: other users of this machine can connect too. It is made
 * beside its place and moved there when it is whole, so an attempt that was cut short leaves nothing that looks like data.
 */
async function initialise({ bin, folder, user }: Place, secret: string, signal?: AbortSignal): Promise<void> {
  const draft = path.join(folder, 'draft')
  const password = path.join(folder, 'password')
  rmSync(draft, { recursive: true, force: true })
  writeFileSync(password, secret, { mode: 0o600 })
  if (user) chownSync(password, user.uid, user.gid)
  const locale = process.platform === 'linux' ? 'C.UTF-8' : 'C'
  const access = ['--username=fanfare', '--auth=scram-sha-256', `--pwfile=${password}`]
  const options = ['-D', draft, '--encoding=UTF8', `--locale=${locale}`, '--no-sync', ...access]
  try {
    const program = path.join(bin, 'initdb')
    const { code, output } = await runToEnd(program, options, { cwd: folder, env: ENVIRONMENT, user, signal })
    if (code !== 0) throw new SetupError(`PostgreSQL could not make its data folder in ${folder}: ${output.trim()}`)
    appendFileSync(path.join(draft, 'postgresql.conf'), SETTINGS)
    rmSync(path.join(folder, 'data'), { recursive: true, force: true })
    renameSync(draft, path.join(folder, 'data'))
  } finally {
    rmSync(password, { force: true })
    rmSync(draft, { recursive: true, force: true })
  }
}

/** Without a locale macOS starts threads, and PostgreSQL then refuses to start. */
const ENVIRONMENT = { ...process.env, LC_ALL: 'C' }

const SETTINGS = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
max_prepared_transactions = 20
shared_buffers = 128MB
max_wal_size = 2GB
random_page_cost = 1.1
log_min_duration_statement = 1000
`

/**
 * What tests write outlives a killed PostgreSQL, but not a machine that lost its power: nobody keeps it. Making and dropping
 * their many databases waits for no disk then.
 */
const FOR_TESTS = ['-c', 'fsync=off']

const MEMORY = '/dev/shm'
const ENOUGH_BYTES = 2 * 2 ** 30
const memoryFolder = (set: InstanceSet) => path.join(MEMORY, `fanfare-${set.state.id}-${set.name}`)

/**
 * Tests make and drop hundreds of databases of 600 files. ext4 looks at each inode that was deleted within the last minutes before it
 * gives one to a new file, and little else is done then. So their data is in memory where there is enough of it (Linux), and
 * goes when the server stops.
 */
function isForMemory({ name }: InstanceSet): boolean {
  if (name !== 'test' || !existsSync(MEMORY)) return false
  const { bavail, bsize } = statfsSync(MEMORY)
  return Math.min(bavail * bsize, process.availableMemory()) >= ENOUGH_BYTES
}

/**
 * The folder above PostgreSQL's data directory, made for its user. As root that user is not us, and has to be able to
 * walk to it: where it cannot, the data lives in a folder of the system, named by the set's id.
 */
function dataFolder(set: InstanceSet, user: ServerUser | undefined): string {
  const known = set.state.postgresFolder
  const candidates = known && existsSync(path.join(known, MADE)) ? [known] : placesFor(set, user)
  for (const folder of candidates) {
    mkdirSync(folder, { recursive: true })
    if (user) chownSync(folder, user.uid, user.gid)
    if (user && !canEnter(folder, user)) continue
    rememberFolder(set, folder)
    return folder
  }
  throw new SetupError(
    `PostgreSQL runs as another user than root, and that user can enter none of ${candidates.join(', ')}: ` +
      'put the project where every user may go, or set DATABASE_URL.',
  )
}

function placesFor(set: InstanceSet, user: ServerUser | undefined): string[] {
  const away = ['/var/lib/fanfare', '/tmp/fanfare'].map((root) => path.join(root, `${set.state.id}-${set.name}`))
  return [...(isForMemory(set) ? [memoryFolder(set)] : []), usualFolder(set), ...(user ? away : [])]
}

function rememberFolder(set: InstanceSet, folder: string): void {
  if (folder === (set.state.postgresFolder ?? usualFolder(set))) return
  if (![usualFolder(set), memoryFolder(set)].includes(folder))
    console.log(`PostgreSQL's user cannot enter ${set.folder}, so its data is in ${folder}.`)
  set.state.postgresFolder = folder
  set.save()
}

function canEnter(folder: string, user: ServerUser): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$0" && test -w .', folder], { cwd: '/', ...user }).status === 0
}

/** The binaries of the version that made the data; the newest for new data. */
function binariesFor(folder: string): string {
  const found = installed()
  const made = existsSync(path.join(folder, MADE)) ? Number(readFileSync(path.join(folder, MADE), 'utf8')) : undefined
  const fitting = made === undefined ? found[0] : found.find(({ major }) => major === made)
  if (fitting) return fitting.bin
  throw new SetupError(
    `The data in ${folder} was made by PostgreSQL ${made}, which is not installed any more: ` +
      'install it, or run npm run services -- reset to begin with empty data.',
  )
}

/** Installed versions, the newest first. */
function installed(): { bin: string; major: number }[] {
  const debian = children('/usr/lib/postgresql').map((folder) => path.join(folder, 'bin'))
  const redHat = children('/usr', 'pgsql-').map((folder) => path.join(folder, 'bin'))
  const bins = [...new Set([...debian, ...redHat, ...pathFolders(), ...brewFolders('postgresql')])]
  return bins
    .filter((bin) => isExecutable(path.join(bin, 'initdb')) && isExecutable(path.join(bin, 'postgres')))
    .map((bin) => ({ bin, major: majorOf(bin) }))
    .filter(({ major }) => major >= OLDEST_MAJOR)
    .sort((a, b) => b.major - a.major)
}

/** From the path when it tells (`…/15/bin`, `postgresql@17`), as asking each binary costs time. */
function majorOf(bin: string): number {
  const told = /(?:postgresql[/@]|pgsql-)(\d+)/.exec(bin)
  if (told) return Number(told[1])
  const answer = spawnSync(path.join(bin, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout ?? ''
  return Number(/(\d+)/.exec(answer)?.[1] ?? 0)
}
