import type { InstanceSet } from './instance-set.ts'

export const SERVICE_NAMES = ['postgres', 'rabbitmq', 'redis'] as const
export type ServiceName = (typeof SERVICE_NAMES)[number]

/** The environment variable that holds each service's URL, and its name in sentences. */
export const SERVICES = {
  postgres: { variable: 'DATABASE_URL', title: 'PostgreSQL' },
  rabbitmq: { variable: 'RABBITMQ_URL', title: 'RabbitMQ' },
  redis: { variable: 'REDIS_URL', title: 'Redis' },
} as const satisfies Record<ServiceName, { variable: string; title: string }>

export type ServiceUrls = Record<ServiceName, string>

/**
 * A private instance of one service: installed binaries, data in the set's folder, listening on 127.0.0.1 only.
 * Every function may be repeated: starting what runs and stopping what does not run does nothing.
 */
export interface PrivateService {
  readonly name: ServiceName
  /** True when its binaries are on this machine. */
  isInstalled(): boolean
  url(set: InstanceSet): string
  isRunning(set: InstanceSet): boolean
  /**
   * Resolves when the service answers. When the signal is aborted nothing of it stays, not even half-made data.
   * @param onLaunch called when it runs at its URL and does not answer there yet
   * @throws SetupError saying what to do, or the signal's reason
   */
  start(set: InstanceSet, signal?: AbortSignal, onLaunch?: () => void): Promise<void>
  /** Sends the signal and resolves when the process is gone: SIGTERM for a clean stop, SIGKILL for a crash. */
  stop(set: InstanceSet, signal?: NodeJS.Signals): Promise<void>
  /** Deletes its data; it must be stopped. */
  wipe(set: InstanceSet): Promise<void>
}
