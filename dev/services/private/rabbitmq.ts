import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isAnswering } from '../answering.ts'
import { brewFolders, folderWith, pathFolders } from './binaries.ts'
import { SetupError } from '../../project.ts'
import type { PrivateService } from '../contract.ts'
import { launch, runningPid, stopDaemon } from '../../processes/daemon.ts'
import type { InstanceSet } from '../instance-set.ts'
import { didNotStart } from './did-not-start.ts'
import { logOf } from './log-file.ts'
import { untilUp } from './until-up.ts'

const PATIENCE_S = 120

export const rabbitmq: PrivateService = {
  name: 'rabbitmq',
  isInstalled: () => binaries() !== undefined,
  url: (set) => `amqp://fanfare:${set.state.secret}@127.0.0.1:${set.port('rabbitmq')}`,
  isRunning: (set) => runningPid(pidFile(set)) !== undefined,

  async start(set, signal, onLaunch = () => {}) {
    const bin = binaries()
    if (bin === undefined) throw new SetupError('RabbitMQ is not installed.')
    const isNew = !existsSync(path.join(dataFolder(set), 'mnesia'))
    if (!rabbitmq.isRunning(set)) {
      if (!portMapperAnswers(set)) await set.choosePort('epmd')
      for (const name of PORTS) await set.choosePort(name)
      writeSettings(set)
      const command = path.join(bin, 'rabbitmq-server')
      const env = environment(set, bin)
      launch({ command, args: [], log: logFile(set), pidFile: pidFile(set), cwd: dataFolder(set), env })
    }
    onLaunch()
    const answers = () => isAnswering('rabbitmq', rabbitmq.url(set))
    try {
      if (await untilUp(answers, () => rabbitmq.isRunning(set), { seconds: PATIENCE_S, signal })) return
    } catch (aborted) {
      // A broker that is still starting ends only when it has started.
      await stopDaemon(pidFile(set), 'SIGKILL', 10)
      if (isNew) await rabbitmq.wipe(set)
      throw aborted
    }
    throw isOfAnotherVersion(set) ? new SetupError(otherVersion(set)) : await didNotStart('rabbitmq', set, PATIENCE_S)
  },

  async stop(set, signal = 'SIGTERM') {
    await stopDaemon(pidFile(set), signal, 60)
    if (signal === 'SIGTERM') stopPortMapper(set)
  },

  async wipe(set) {
    rmSync(dataFolder(set), { recursive: true, force: true })
  },
}

/** What a broker says when it meets data that it cannot upgrade, or that a newer one has upgraded. */
const OTHER_VERSION =
  /required feature flag not enabled|feature_flags_registry|unsupported_feature|schema_integrity_check_failed/

const isOfAnotherVersion = (set: InstanceSet) => OTHER_VERSION.test(logOf(logFile(set)))

function otherVersion(set: InstanceSet): string {
  const reset = `npm run services -- reset rabbitmq${set.name === 'dev' ? '' : ` --set ${set.name}`}`
  return (
    `RabbitMQ cannot read the data in ${dataFolder(set)}: another version of it has made them. ` +
    `${reset} deletes them; what they held is delivered again from PostgreSQL.`
  )
}

/** People look at the page of the `dev` set; without it a broker stops in one second in place of six. */
const hasManagementPage = (set: InstanceSet) => set.name === 'dev'

const PORTS = ['rabbitmq', 'rabbitmqManagement', 'rabbitmqDistribution'] as const
const pidFile = (set: InstanceSet) => path.join(set.folder, 'rabbitmq.pid')
const logFile = (set: InstanceSet) => path.join(set.folder, 'rabbitmq.log')
const dataFolder = (set: InstanceSet) => path.join(set.folder, 'rabbitmq')

function writeSettings(set: InstanceSet): void {
  const folder = dataFolder(set)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const plugins = hasManagementPage(set) ? '[rabbitmq_management].\n' : '[].\n'
  writeFileSync(path.join(folder, 'enabled_plugins'), plugins)
  writeFileSync(path.join(folder, 'rabbitmq.conf'), settings(set))
  const cookie = path.join(folder, '.erlang.cookie')
  if (!existsSync(cookie)) writeFileSync(cookie, set.state.secret, { mode: 0o400 })
}

function settings(set: InstanceSet): string {
  return `listeners.tcp.1 = 127.0.0.1:${set.port('rabbitmq')}
default_user = fanfare
default_pass = ${set.state.secret}
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 256MB
log.console = true
log.console.level = info
log.file = false
${hasManagementPage(set) ? managementSettings(set) : ''}`
}

const managementSettings = (set: InstanceSet) => `management.tcp.ip = 127.0.0.1
management.tcp.port = ${set.port('rabbitmqManagement')}
`

/**
 * Everything that would let two brokers of one machine meet is our own: node name, cookie (by HOME), port mapper and
 * its address, configuration, folders. `+sbwt none` stops Erlang from spinning on idle processors.
 */
function environment(set: InstanceSet, bin: string): NodeJS.ProcessEnv {
  const folder = dataFolder(set)
  const loopback = '-kernel inet_dist_use_interface {127,0,0,1}'
  return {
    PATH: [bin, process.env['PATH'], '/usr/sbin:/usr/bin:/sbin:/bin'].join(path.delimiter),
    LANG: 'C.UTF-8',
    HOME: folder,
    RABBITMQ_NODENAME: `fanfare-${set.state.id}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(set.port('rabbitmq')),
    RABBITMQ_DIST_PORT: String(set.port('rabbitmqDistribution')),
    RABBITMQ_MNESIA_BASE: path.join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: path.join(folder, 'log'),
    RABBITMQ_GENERATED_CONFIG_DIR: path.join(folder, 'generated'),
    RABBITMQ_ENABLED_PLUGINS_FILE: path.join(folder, 'enabled_plugins'),
    RABBITMQ_CONFIG_FILE: path.join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `${loopback} +sbwt none +sbwtdcpu none +sbwtdio none`,
    ERL_EPMD_PORT: String(set.port('epmd')),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    detached: 'yes', // the start script then becomes the server, so the pid we know is the server's
  }
}

/** What an expression of Erlang says on the node of this set; undefined when that cannot be asked. */
export function askRabbitMq(set: InstanceSet, expression: string): string | undefined {
  const bin = binaries()
  if (bin === undefined || !rabbitmq.isRunning(set)) return undefined
  const env = environment(set, bin)
  const { status, stdout } = spawnSync(path.join(bin, 'rabbitmqctl'), ['eval', expression], { env, encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

/** Erlang's port mapper outlives the server, by a crash for long: it is taken over. */
function portMapperAnswers(set: InstanceSet): boolean {
  return set.state.ports.epmd !== undefined && portMapper(set, '-names') === 0
}

/** It refuses to go while another node is registered. */
function stopPortMapper(set: InstanceSet): void {
  if (set.state.ports.epmd !== undefined) portMapper(set, '-kill')
}

function portMapper(set: InstanceSet, flag: string): number | null {
  const folder = folderWith([...pathFolders(), ...brewFolders('erlang')], 'epmd')
  const env = { ...process.env, ERL_EPMD_PORT: String(set.port('epmd')) }
  return folder ? spawnSync(path.join(folder, 'epmd'), [flag], { env }).status : null
}

/**
 * The folder RABBITMQ_BIN, for trying another version; or what is installed. Not Debian's /usr/sbin/rabbitmq-server: that
 * wrapper changes the user and the folder.
 */
function binaries(): string | undefined {
  const given = process.env['RABBITMQ_BIN']
  if (given) return folderWith([path.resolve(given)], 'rabbitmq-server')
  const erlang = folderWith([...pathFolders(), ...brewFolders('erlang')], 'erl')
  return (
    erlang && folderWith(['/usr/lib/rabbitmq/bin', ...pathFolders(), ...brewFolders('rabbitmq')], 'rabbitmq-server')
  )
}
