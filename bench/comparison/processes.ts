import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { Redis } from 'ioredis'
import type { RunningProcess } from '../../dev/processes/process.ts'
import type { BenchDatabase } from '../environment/databases.ts'
import type { Environment } from '../environment/environment.ts'
import { removeNamespace } from '../environment/messaging.ts'
import { settingsOf } from '../environment/system.ts'
import { TABLES } from './counts.ts'
import type { Demand } from './customers.ts'
import { MAIN, PEERS } from './packages.ts'

export type Role = 'produce' | 'work' | 'relay'

/** The processes of one peer, on a database of its own; they end at the reset. */
export interface PeerProcesses {
  database: BenchDatabase
  /** Those it needs, in the order in which they are started. */
  roles: readonly Role[]
  /** Resolves when it works. */
  start: (role: Role, demand?: Demand) => Promise<RunningProcess>
  /** Orders whose customers the producers have answered, as far as they were told to note them. */
  answered: () => string[]
}

const SAYS: Record<Role, string> = { produce: 'producing', work: 'working', relay: 'relaying' }

export async function openPeer(environment: Environment, peer: string): Promise<PeerProcesses> {
  const database = await environment.create(`peer_${peer.replaceAll('-', '_')}`)
  await database.pool.query(TABLES)
  const namespace = environment.namespace(`${peer}-${randomUUID().slice(0, 8)}`)
  const notes = path.join(environment.set.folder, `answered-${namespace}`)
  const env = { ...settingsOf(environment, database, namespace), PREFIX: namespace, ANSWERED: notes }
  environment.onReset(async () => rmSync(notes, { force: true }))
  environment.onReset(() =>
    peer === 'fanfare' ? removeNamespace(environment, database, namespace) : removeQueues(environment, namespace),
  )
  return {
    database,
    roles: ['work', ...(PEERS[peer]!.relay ? (['relay'] as const) : []), 'produce'],
    start: (role, demand) =>
      environment.start({
        name: `${peer}-${role}`,
        args: [MAIN, peer, role],
        env: { ...env, ...demand },
        ready: SAYS[role],
      }),
    answered: () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []),
  }
}

/** Whichever broker it was. */
async function removeQueues({ amqp, urls }: Environment, prefix: string): Promise<void> {
  const channel = await amqp.createChannel()
  for (const name of ['stock', 'payment', 'fraud', 'confirm']) await channel.deleteQueue(`${prefix}.${name}`)
  for (const name of ['placed', 'confirmed']) await channel.deleteExchange(`${prefix}.${name}`)
  await channel.close()
  const redis = new Redis(urls.redis)
  for await (const keys of redis.scanStream({ match: `bull:${prefix}-*` }) as AsyncIterable<string[]>)
    if (keys.length > 0) await redis.del(...keys)
  await redis.quit()
}
