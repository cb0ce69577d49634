import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isAnswering } from '../answering.ts'
import { brewFolders, folderWith, pathFolders } from './binaries.ts'
import { SetupError } from '../../project.ts'
import type { PrivateService } from '../contract.ts'
import { launch, runningPid, stopDaemon } from '../../processes/daemon.ts'
import type { InstanceSet } from '../instance-set.ts'
import { didNotStart } from './did-not-start.ts'
import { untilUp } from './until-up.ts'

const PATIENCE_S = 30

export const redis: PrivateService = {
  name: 'redis',
  isInstalled: () => binary() !== undefined,
  url: (set) => `redis://:${set.state.secret}@127.0.0.1:${set.port('redis')}`,
  isRunning: (set) => runningPid(pidFile(set)) !== undefined,

  async start(set, signal, onLaunch = () => {}) {
    const command = binary()
    if (command === undefined) throw new SetupError('Redis is not installed.')
    if (!redis.isRunning(set)) {
      await set.choosePort('redis')
      writeSettings(set)
      launch({ command, args: [settingsFile(set)], log: logFile(set), pidFile: pidFile(set), cwd: dataFolder(set) })
    }
    onLaunch()
    const answers = () => isAnswering('redis', redis.url(set))
    if (await untilUp(answers, () => redis.isRunning(set), { seconds: PATIENCE_S, signal })) return
    throw await didNotStart('redis', set, PATIENCE_S)
  },

  stop: (set, signal = 'SIGTERM') => stopDaemon(pidFile(set), signal, 20),

  async wipe(set) {
    rmSync(dataFolder(set), { recursive: true, force: true })
  },
}

const pidFile = (set: InstanceSet) => path.join(set.folder, 'redis.pid')
const logFile = (set: InstanceSet) => path.join(set.folder, 'redis.log')
const dataFolder = (set: InstanceSet) => path.join(set.folder, 'redis')
const settingsFile = (set: InstanceSet) => path.join(dataFolder(set), 'redis.conf')

/** BullMQ needs `noeviction`; the append-only file keeps its schedules over a restart. */
function writeSettings(set: InstanceSet): void {
  mkdirSync(dataFolder(set), { recursive: true, mode: 0o700 })
  const settings = `bind 127.0.0.1
port ${set.port('redis')}
requirepass ${set.state.secret}
dir "${dataFolder(set)}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
`
  writeFileSync(settingsFile(set), settings, { mode: 0o600 })
}

function binary(): string | undefined {
  for (const name of ['redis-server', 'valkey-server']) {
    const folder = folderWith([...pathFolders(), ...brewFolders(name.split('-')[0] ?? name)], name)
    if (folder) return path.join(folder, name)
  }
  return undefined
}
