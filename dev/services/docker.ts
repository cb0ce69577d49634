import { spawnSync } from 'node:child_process'
import path from 'node:path'
import type { ServiceName } from './contract.ts'
import type { InstanceSet, PortName } from './instance-set.ts'
import { runToEnd } from '../processes/run-to-end.ts'
import { PROJECT } from '../project.ts'

const PORTS: Record<ServiceName, PortName[]> = {
  postgres: ['postgres'],
  rabbitmq: ['rabbitmq', 'rabbitmqManagement'],
  redis: ['redis'],
}

/** True when a Docker engine answers and Compose is there; a client alone is not enough. */
export function hasDockerEngine(): boolean {
  const options = { encoding: 'utf8', timeout: 5_000, env: process.env } as const
  const info = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], options)
  if (info.status !== 0 || info.stdout.trim() === '') return false
  return spawnSync('docker', ['compose', 'version'], options).status === 0
}

/** The services of docker-compose.yml, as containers with names, ports and volumes of this set alone. */
export class DockerServices {
  readonly #set: InstanceSet

  constructor(set: InstanceSet) {
    this.#set = set
  }

  /** Resolves when all are healthy. @throws with the last words of Docker */
  async up(names: ServiceName[], signal?: AbortSignal): Promise<void> {
    const running = this.running()
    for (const name of names)
      if (!running.includes(name)) for (const port of PORTS[name]) await this.#set.choosePort(port)
    await this.#compose(['up', '--detach', '--wait', ...names], signal)
  }

  running(): string[] {
    const { args, env } = this.#command('ps', '--services', '--status', 'running')
    const answer = spawnSync('docker', args, { env, encoding: 'utf8', timeout: 10_000 })
    return answer.status === 0 ? answer.stdout.trim().split('\n').filter(Boolean) : []
  }

  /** Their data stays in their volumes. */
  stop(names: ServiceName[]): Promise<void> {
    return this.#compose(['stop', ...names])
  }

  /** Removes containers and volumes. */
  wipe(): Promise<void> {
    return this.#compose(['down', '--volumes'])
  }

  url(name: ServiceName): string {
    const { secret } = this.#set.state
    const place = `127.0.0.1:${this.#set.port(name)}`
    if (name === 'postgres') return `postgresql://fanfare:${secret}@${place}/fanfare`
    return name === 'rabbitmq' ? `amqp://fanfare:${secret}@${place}` : `redis://:${secret}@${place}`
  }

  async #compose(words: string[], signal?: AbortSignal): Promise<void> {
    const { args, env } = this.#command(...words)
    const { code, output } = await runToEnd('docker', args, { env, signal })
    if (code !== 0) throw new Error(lastLine(output) ?? `exit code ${code}`)
  }

  #command(...words: string[]) {
    const { id, secret, ports } = this.#set.state
    const file = path.join(PROJECT, 'docker-compose.yml')
    const published = Object.entries({
      POSTGRES_PORT: ports.postgres,
      RABBITMQ_PORT: ports.rabbitmq,
      RABBITMQ_MANAGEMENT_PORT: ports.rabbitmqManagement,
      REDIS_PORT: ports.redis,
    }).flatMap(([name, port]) => (port === undefined ? [] : [[name, String(port)] as const]))
    return {
      args: ['compose', '--project-name', `fanfare-${this.#set.name}-${id}`, '--file', file, ...words],
      env: { ...process.env, ...Object.fromEntries(published), FANFARE_PASSWORD: secret },
    }
  }
}

function lastLine(text: string): string | undefined {
  return text.trim().split('\n').at(-1) || undefined
}
