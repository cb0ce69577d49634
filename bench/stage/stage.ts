import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { connect, type ChannelModel } from 'amqplib'
import pg from 'pg'
import {
  InstanceSet,
  provideServices,
  SetupError,
  stopLeftovers,
  tryLock,
  type Provided,
  type ServiceUrls,
} from '../../dev/services/index.ts'
import type { Options } from '../options.ts'
import { serviceMeters, servicePids, startMeters } from './cpu.ts'
import { openDatabases, type Databases } from './databases.ts'
import { createLauncher, type Launcher, type Running } from './process.ts'

/** Everything a measurement stands on: services, databases and processes, all gone when it is closed. */
export interface Stage extends Launcher, Pick<Databases, 'create' | 'checkpoint'> {
  readonly set: InstanceSet
  readonly urls: ServiceUrls
  readonly origin: Provided['origin']
  readonly amqp: ChannelModel
  /** First processes of private services, by name; see cpu.ts. */
  readonly services: Record<string, number>
  readonly versions: Record<string, string>
  /** A prefix for names on the broker that nobody else uses. */
  namespace(label: string): string
  /** Runs something and tells the processor milliseconds that it has cost, by service and process. */
  metered<T>(processes: readonly Running[], work: () => Promise<T>): Promise<{ result: T; cpu: Record<string, number> }>
  /** Called when the stage is closed, before its services go; the last registered first. */
  onClose(release: () => Promise<unknown>): void
  /** False as soon as closing has begun: what fails then is nobody's fault. */
  isOpen(): boolean
  close(): Promise<void>
}

export async function openStage(
  { profiles, flushUs }: Pick<Options, 'profiles' | 'flushUs'>,
  say: (line: string) => void,
): Promise<Stage> {
  const set = InstanceSet.open('bench')
  const unlock = tryLock(path.join(set.folder, 'bench.lock'))
  if (!unlock) throw new SetupError('A benchmark already runs in this project: wait for it, or stop it there.')
  const releases: (() => unknown)[] = [unlock]
  const close = async () => {
    for (const release of releases.splice(0).toReversed())
      await Promise.resolve(release()).catch((error: Error) => say(`while closing: ${error.message}`))
  }
  try {
    const pids = path.join(set.folder, 'processes')
    await stopLeftovers(pids)
    for (const folder of ['mail', 'gateway']) rmSync(path.join(set.folder, folder), { recursive: true, force: true })
    say('starting PostgreSQL, RabbitMQ and Redis')
    const { urls, origin, release } = await provideServices(set, say)
    releases.push(release)
    const admin = new pg.Client({ connectionString: new URL('/postgres', urls.postgres).href })
    await admin.connect()
    releases.push(() => admin.end())
    const databases = await openDatabases(urls.postgres, flushUs)
    releases.push(databases.close)
    const amqp = await connect(urls.rabbitmq)
    amqp.on('error', () => {})
    releases.push(() => amqp.close())
    const launcher = createLauncher({ pids, profiles })
    const services = await servicePids(set, origin, admin)
    const meters = serviceMeters(services)
    const id = randomBytes(3).toString('hex')
    const later: (() => Promise<unknown>)[] = []
    releases.push(async () => {
      for (const release of later.toReversed()) await release()
    }, launcher.stopAll)
    return {
      ...launcher,
      ...databases,
      set,
      urls,
      origin,
      amqp,
      services,
      versions: await versionsOf(admin, amqp),
      namespace: (label) => `bench-${id}-${label}`,
      async metered(processes, work) {
        const profiles = (signal: 'SIGUSR2' | 'SIGWINCH') => {
          for (const process of processes) if (process.isProfiled) process.signal(signal)
        }
        profiles('SIGUSR2')
        const read = startMeters(meters, processes)
        try {
          const result = await work()
          return { result, cpu: read() }
        } finally {
          profiles('SIGWINCH')
        }
      },
      onClose: (release) => void later.push(release),
      isOpen: () => releases.length > 0,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function versionsOf(admin: pg.Client, amqp: ChannelModel): Promise<Record<string, string>> {
  const { rows } = await admin.query<{ server_version: string }>('SHOW server_version')
  const { serverProperties } = amqp.connection as unknown as { serverProperties: { version?: string } }
  return {
    Node: process.version,
    PostgreSQL: rows[0]!.server_version.split(' ')[0]!,
    RabbitMQ: String(serverProperties.version ?? 'unknown'),
  }
}
