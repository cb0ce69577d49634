import type { OpenDatabase } from '#platform/database'
import type { TestMailServer } from '#testing'
import type { ServiceName, ServiceUrls } from '../../dev/services/index.ts'
import type { Kept } from './promises/kept.ts'
import type { Cluster } from './world/cluster.ts'
import type { Network } from './world/network.ts'
import type { Processes, Role } from './world/processes.ts'

/** What a run is told of the system that it hurts. Services, network, processes, faults and settling are the same for all. */
export interface Subject {
  /** Prefix of its names on the broker. */
  readonly namespace: string
  /** Brings its database to the newest schema. @returns where that is, on the same server */
  migrate(postgres: string, folder: string): Promise<string>
  /** What is there before the first request. */
  prepare(database: OpenDatabase): Promise<void>
  /** Names of the processes that run. */
  names(): string[]
  /** How the process of this name is started. */
  member(name: string): { role: Role; run: readonly string[]; ready: string }
  /** What its processes are told beside the services. */
  readonly settings: Readonly<Record<string, string>>
  /** Reactions whose queue may be made to refuse messages. */
  readonly refusable: readonly string[]
  /** People come, as many as were asked for, evenly over the time. */
  visit(world: World, visit: VisitOptions): Visit
  /** What is under way beside events that are not published or handled. */
  open(db: OpenDatabase['db']): Promise<number>
}

export interface VisitOptions {
  /** How many come. */
  orders: number
  durationMs: number
  seed: number
}

/** People from outside, and what they know. */
export interface Visit {
  /** Resolves when the last of them has come and has an answer. */
  readonly done: Promise<void>
  /** When all faults are over: those who would go on for ever leave. */
  end(): Promise<void>
  /** When nothing is under way any more: everybody leaves. */
  leave(): Promise<void>
  /** Holds what they know against what the system has in its books. */
  verify(): Promise<Kept[]>
  /** Figures for a person, one line each. */
  tell(): Promise<string[]>
}

/** Everything that a run can hurt, and its own way around the proxies. */
export interface World {
  /** Whose system it is. */
  subject: Subject
  urls: ServiceUrls
  database: OpenDatabase
  services: Services
  network: Network
  processes: Processes
  mail: TestMailServer
  apiUrl: string
  gatewayUrl: string
  /** Where RabbitMQ is three nodes; it cannot be stopped and wiped through `services` then. */
  cluster: Cluster | undefined
  /** Where PostgreSQL is a primary and a standby; it cannot be stopped through `services` then. */
  replicated: Replicated | undefined
  /**
   * Starts a process from a folder of the system's files, in place of the one of that name if there is one, and waits until it
   * works. Its name says what it is: `api 2`, `relay 1`, `scheduler`, or a folder of workers such as `payment 1`.
   */
  deploy(name: string, folder: string, env?: Readonly<Record<string, string>>): Promise<void>
  /** The relay that holds the lease, by the name of its process. */
  activeRelay(): Promise<string | undefined>
  /** Ends everything, frozen or not. */
  close(keepServices: boolean): Promise<void>
}

/** A primary behind a proxy, which leads to the standby after a failover. */
export interface Replicated {
  url: string
  /** Commits wait for the standby from now on. */
  synchronous(): Promise<void>
  /** The standby receives nothing from now on: what is committed is lost in the failover. */
  disconnect(): Promise<void>
  /** The primary dies, the standby takes over, the proxy leads there. */
  failOver(): Promise<void>
  close(): Promise<void>
}

export interface Services {
  /** One fault at a time for one service. */
  alone<T>(service: ServiceName, act: () => Promise<T>): Promise<T>
  stop(service: ServiceName, signal: NodeJS.Signals): Promise<void>
  start(service: ServiceName): Promise<void>
  /** It must be stopped. */
  wipe(service: ServiceName): Promise<void>
  flushRedis(): Promise<void>
  /** No more than one message fits into it; undefined ends that. */
  limitQueue(queue: string | undefined): Promise<void>
}
