import { setTimeout as wait } from 'node:timers/promises'
import { createNames } from '#messaging'
import type { ServiceName } from '../../../dev/services/index.ts'
import { commitSlowly, fullDisk, readOnly } from './database-faults.ts'
import type { Dice } from '../dice.ts'
import { publishAgain } from './publish-again.ts'
import type { World } from '../subject.ts'

interface Fault {
  /** The system goes on without a loss of pace: nothing is late, and reconciliation has nothing to do. @default false */
  harmless?: boolean
  /** It works on the connections between our processes and the services, which must lead over proxies then. @default false */
  wire?: boolean
  /** What it is, for the list of faults. */
  summary: string
  /** Does it and undoes it. Answers what exactly was done. */
  inject(world: World, dice: Dice): Promise<string>
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`

const killOne = (what: string, ...roles: Parameters<World['processes']['names']>): Fault => ({
  summary: `kill -9 of ${what}, started again after a moment`,
  async inject({ processes }, dice) {
    const name = dice.pick(processes.names(...roles))
    const awayMs = dice.between(200, 3_000)
    await processes.kill(name, awayMs)
    return `${name}, away for ${seconds(awayMs)}`
  },
})

const takeAway = (service: ServiceName, summary: string, signal: NodeJS.Signals, wiped = false): Fault => ({
  summary,
  inject: ({ services }, dice) =>
    services.alone(service, async () => {
      const started = performance.now()
      await services.stop(service, signal)
      if (wiped) await services.wipe(service)
      await wait(dice.between(500, 4_000))
      await services.start(service)
      return `away for ${seconds(performance.now() - started)}`
    }),
})

const someLinks = ({ network, processes }: World, dice: Dice) => {
  const service = dice.pick<ServiceName>(['postgres', 'postgres', 'rabbitmq', 'rabbitmq', 'redis'])
  const victim = dice.chance(0.4) ? undefined : dice.pick(processes.names('api', 'relay', 'scheduler', 'worker'))
  return { links: network.links(service, victim), way: `${victim ?? 'everybody'} to ${service}` }
}

/** Something that PostgreSQL does differently for some seconds; nobody takes it away meanwhile. */
const sicken = (summary: string, act: (pool: World['database']['pool'], ms: number) => Promise<void>): Fault => ({
  summary,
  inject: ({ services, database }, dice) =>
    services.alone('postgres', async () => {
      const ms = dice.between(1_500, 6_000)
      await act(database.pool, ms)
      return `for ${seconds(ms)}`
    }),
})

export const FAULTS = {
  'kill-api': killOne('the API', 'api'),
  'kill-relay': killOne('a relay', 'relay'),
  'kill-worker': killOne('a worker process', 'worker'),
  'kill-scheduler': killOne('the scheduler', 'scheduler'),
  'kill-gateway': killOne('the payment gateway', 'gateway'),
  'restart-postgres': takeAway('postgres', 'PostgreSQL stopped fast and started', 'SIGTERM'),
  'kill-postgres': takeAway('postgres', 'kill -9 of PostgreSQL', 'SIGKILL'),
  'restart-rabbitmq': takeAway('rabbitmq', 'RabbitMQ stopped and started', 'SIGTERM'),
  'kill-rabbitmq': takeAway('rabbitmq', 'kill -9 of RabbitMQ', 'SIGKILL'),
  'wipe-rabbitmq': takeAway('rabbitmq', 'RabbitMQ killed and its data folder deleted', 'SIGKILL', true),
  'kill-redis': takeAway('redis', 'kill -9 of Redis', 'SIGKILL'),
  'flush-redis': {
    summary: 'FLUSHALL of Redis',
    inject: ({ services }) =>
      services.alone('redis', async () => {
        await services.flushRedis()
        return 'everything in it gone'
      }),
  },
  'freeze-process': {
    summary: 'SIGSTOP of a process for seconds',
    async inject({ processes }, dice) {
      const name = dice.pick(processes.names('api', 'worker', 'scheduler', 'gateway'))
      const ms = dice.between(1_000, 8_000)
      await processes.freeze(name, ms)
      return `${name} for ${seconds(ms)}`
    },
  },
  'freeze-relay': {
    summary: 'SIGSTOP of the active relay for longer than its lease',
    async inject({ processes, activeRelay }, dice) {
      const name = (await activeRelay()) ?? dice.pick(processes.names('relay'))
      const ms = dice.between(4_500, 9_000)
      await processes.freeze(name, ms)
      return `${name} for ${seconds(ms)}`
    },
  },
  'cut-connections': {
    wire: true,
    summary: 'open connections reset',
    async inject(world, dice) {
      const { links, way } = someLinks(world, dice)
      const cut = links.map(({ proxy }) => proxy.cut()).reduce((sum, one) => sum + one, 0)
      return `${way}, ${cut} connections`
    },
  },
  'slow-network': {
    wire: true,
    summary: 'every packet delayed, for seconds',
    async inject(world, dice) {
      const { links, way } = someLinks(world, dice)
      const [delayMs, ms] = [dice.between(20, 300), dice.between(2_000, 6_000)]
      for (const { proxy } of links) proxy.delay(delayMs)
      await wait(ms)
      for (const { proxy } of links) proxy.delay(0)
      return `${way}, ${delayMs} ms for ${seconds(ms)}`
    },
  },
  'half-open': {
    wire: true,
    summary: 'connections that swallow everything and say nothing, for seconds',
    async inject(world, dice) {
      const { links, way } = someLinks(world, dice)
      const ms = dice.between(3_000, 15_000)
      for (const { proxy } of links) proxy.blackHole()
      await wait(ms)
      for (const { proxy } of links) proxy.heal()
      return `${way} for ${seconds(ms)}`
    },
  },
  'slow-commits': { ...sicken('one in ten transactions sleeps while it commits', commitSlowly), harmless: true },
  'read-only-postgres': sicken('PostgreSQL takes no writes', readOnly),
  'full-disk': sicken('PostgreSQL answers that its disk is full', fullDisk),
  'refusing-queue': {
    summary: 'the queue of one reaction is full and refuses messages, for seconds',
    inject: ({ services, subject }, dice) =>
      services.alone('rabbitmq', async () => {
        const queue = createNames(subject.namespace).queue(dice.pick(subject.refusable))
        const ms = dice.between(4_000, 10_000)
        await services.limitQueue(queue)
        await wait(ms)
        await services.limitQueue(undefined)
        return `${queue} for ${seconds(ms)}`
      }),
  },
  'publish-again': {
    summary: 'old and new events published again by hand, twice each, in random order, to reactions at random',
    async inject(world, dice) {
      const messages = await publishAgain(world, dice)
      return `${messages} messages`
    },
  },
} as const satisfies Record<string, Fault>

export const isHarmless = (name: FaultName) => (FAULTS[name] as Fault).harmless ?? false

export const needsWire = (name: FaultName) => (FAULTS[name] as Fault).wire ?? false

export type FaultName = keyof typeof FAULTS
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[]
