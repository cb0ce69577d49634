import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { connect, type ChannelModel } from 'amqplib'
import { compile, type Program } from '../../dev/processes/compiled.ts'
import { startProcess, type ProcessPlan, type RunningProcess } from '../../dev/processes/process.ts'
import {
  InstanceSet,
  provideServices,
  SetupError,
  stopLeftovers,
  tryLock,
  type ServiceUrls,
} from '../../dev/services/index.ts'
import { openDatabases, type Databases } from './databases.ts'

/** Everything a benchmark stands on: services, databases and processes, all gone when it is closed. */
export interface Environment extends Pick<Databases, 'create' | 'checkpoint'> {
  readonly set: InstanceSet
  readonly urls: ServiceUrls
  readonly amqp: ChannelModel
  /** The sources, compiled as npm start runs them. */
  readonly program: Program
  readonly versions: Record<string, string>
  /** A prefix for names on the broker that nobody else uses. */
  namespace(label: string): string
  /** Resolves when the process says that it is ready. */
  start(plan: ProcessPlan): Promise<RunningProcess>
  /** Called at the next reset, the last registered first. */
  onReset(release: () => Promise<unknown>): void
  /** Ends all processes and releases what was registered; services and databases stay. */
  reset(): Promise<void>
  close(): Promise<void>
}

const say = (line: string) => console.log(line)

export async function openEnvironment(): Promise<Environment> {
  const set = InstanceSet.open('bench')
  const unlock = tryLock(path.join(set.folder, 'bench.lock'))
  if (!unlock) throw new SetupError('A benchmark already runs in this project: wait for it, or stop it there.')
  const releases: (() => unknown)[] = [unlock]
  const close = () => releaseAll(releases)
  try {
    const pids = path.join(set.folder, 'processes')
    await stopLeftovers(pids)
    for (const folder of ['mail', 'gateway']) rmSync(path.join(set.folder, folder), { recursive: true, force: true })
    say('starting PostgreSQL, RabbitMQ and Redis')
    const { urls, release } = await provideServices(set, say)
    releases.push(release)
    const databases = await openDatabases(urls.postgres)
    releases.push(databases.close)
    const amqp = await connect(urls.rabbitmq)
    amqp.on('error', () => {})
    releases.push(() => amqp.close())
    const resetting: (() => unknown)[] = []
    const reset = () => releaseAll(resetting)
    releases.push(reset)
    const id = randomBytes(3).toString('hex')
    return {
      ...databases,
      program: await compile(),
      set,
      urls,
      amqp,
      versions: await versionsOf(databases, amqp),
      namespace: (label) => `bench-${id}-${label}`,
      async start(plan) {
        const started = startProcess(plan, {
          pidFile: path.join(pids, `${plan.name}-${randomBytes(3).toString('hex')}`),
        })
        resetting.push(() => started.stop())
        if (plan.ready) await started.says(plan.ready, 60)
        return started
      },
      onReset: (release) => void resetting.push(release),
      reset,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The last first; one that fails keeps no other from its turn. */
async function releaseAll(releases: (() => unknown)[]): Promise<void> {
  for (const release of releases.splice(0).toReversed())
    await Promise.resolve(release()).catch((error: Error) => say(`while closing: ${error.message}`))
}

async function versionsOf({ version }: Databases, { connection }: ChannelModel): Promise<Record<string, string>> {
  const { serverProperties } = connection as unknown as { serverProperties: { version?: string } }
  return { Node: process.version, PostgreSQL: await version(), RabbitMQ: String(serverProperties.version ?? 'unknown') }
}
