import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { PROJECT, type InstanceSet } from '../../../dev/services/index.ts'

/** Three RabbitMQ nodes in place of one. */
export interface Cluster {
  /** Of all nodes, separated by commas. */
  url: string
  /** kill -9 of a node, 1 to 3. */
  kill(node: number): Promise<void>
  /** Resolves when it works again. */
  start(node: number): Promise<void>
  /** Asks a node with one of RabbitMQ's own tools (`rabbitmqctl`, `rabbitmq-queues`). @returns what it said */
  ask(node: number, tool: string, ...args: string[]): Promise<string>
  destroy(): Promise<void>
}

const FIRST_PORT = 5_790

export async function startCluster(set: InstanceSet): Promise<Cluster> {
  const script = path.join(PROJECT, 'dev/rabbitmq-cluster.sh')
  const place = { CLUSTER_DIR: path.join(set.folder, 'rabbitmq-cluster'), BASE: String(FIRST_PORT) }
  const env = { ...process.env, ...place }
  const run = async (...args: string[]) => {
    // Not its output: the nodes it leaves behind hold on to that.
    await promisify(execFile)('bash', ['-c', '"$@" >/dev/null', 'cluster', script, ...args], { env })
  }
  await run('destroy')
  await run('up')
  const nodes = [1, 2, 3].map((n) => `amqp://guest:guest@127.0.0.1:${FIRST_PORT + n}`)
  return {
    url: nodes.join(','),
    kill: (node) => run('kill', String(node)),
    start: (node) => run('start', String(node)),
    async ask(node, tool, ...args) {
      const { stdout } = await promisify(execFile)(script, ['ctl', String(node), tool, ...args], { env })
      return stdout
    },
    destroy: () => run('destroy'),
  }
}
