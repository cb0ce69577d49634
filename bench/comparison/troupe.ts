import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { Redis } from 'ioredis'
import { PROJECT } from '../../dev/services/index.ts'
import { TYPESCRIPT } from '../../dev/processes/typescript.ts'
import { removeNamespace } from '../stage/broker.ts'
import type { BenchDatabase } from '../stage/databases.ts'
import type { Running } from '../stage/process.ts'
import { environment } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'
import type { Configuration } from './configurations.ts'
import { TABLES } from './counts.ts'
import { HOME, peerNode } from './packages.ts'
import { startRestate } from './restate-server.ts'

export type Role = 'produce' | 'work' | 'relay'

/** The processes of one configuration, on a database of its own. */
export interface Troupe {
  database: BenchDatabase
  /** Those it needs, in the order in which they are started. */
  roles: readonly Role[]
  /** Resolves when it works. */
  start: (role: Role, env?: Record<string, string>) => Promise<Running>
  /** Orders whose customers the producers have answered, as far as they were told to note them. */
  answered: () => string[]
  /** Ends its processes, and leaves nothing but the database. */
  close: () => Promise<void>
}

const SAYS: Record<Role, string> = { produce: 'producing', work: 'working', relay: 'relaying' }

export async function gather(stage: Stage, { peer, configuration, relay }: Configuration): Promise<Troupe> {
  const database = await stage.create(`peer_${peer.replaceAll('-', '_')}`)
  await database.pool.query(TABLES)
  const namespace = stage.namespace(`${peer}-${randomUUID().slice(0, 8)}`)
  const notes = path.join(stage.set.folder, `answered-${namespace}`)
  const server = peer === 'restate' ? await startRestate(stage, namespace, configuration) : undefined
  const env = { ...environment(stage, database, namespace), PREFIX: namespace, ANSWERED: notes, ...server?.env }
  const ours = peer === 'fanfare'
  const started: Running[] = []
  const program = ours
    ? [...TYPESCRIPT, path.join(PROJECT, 'bench/processes/peer.ts')]
    : [path.join(HOME, 'main.mjs'), peer]
  return {
    database,
    roles: ['work', ...(relay ? (['relay'] as const) : []), 'produce'],
    async start(role, more) {
      const process = await stage.start({
        name: `${peer} ${role}`,
        program: peerNode(),
        args: [...program, role, configuration],
        env: { ...env, ...more },
        ready: SAYS[role],
        foreign: true,
      })
      started.push(process)
      return process
    },
    answered: () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []),
    async close() {
      await Promise.all(started.map((process) => process.stop()))
      rmSync(notes, { force: true })
      await server?.stop()
      await (ours ? removeNamespace(stage, database, namespace) : removeQueues(stage, namespace))
    },
  }
}

/** Whichever broker it was. */
async function removeQueues(stage: Stage, prefix: string): Promise<void> {
  const channel = await stage.amqp.createChannel()
  for (const name of ['stock', 'payment', 'fraud', 'confirm']) await channel.deleteQueue(`${prefix}.${name}`)
  for (const name of ['placed', 'confirmed']) await channel.deleteExchange(`${prefix}.${name}`)
  await channel.close()
  const redis = new Redis(stage.urls.redis)
  for await (const keys of redis.scanStream({ match: `bull:${prefix}-*` }) as AsyncIterable<string[]>)
    if (keys.length > 0) await redis.del(...keys)
  await redis.quit()
}
