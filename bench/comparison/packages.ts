import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT, SetupError } from '../../dev/services/index.ts'

/** A way of doing the same, in the configuration that does it best as far as we know. */
interface Peer {
  title: string
  settings: string
  /** A process of its own publishes what the others have stored. */
  relay?: true
}

/** By name: its file in bench/peers; `fanfare` is ourselves. In the order in which they take their turns. */
export const PEERS: Record<string, Peer> = {
  fanfare: {
    title: 'Fanfare',
    settings:
      'quorum queues, persistent, confirmed; `handleBatch`, orders that arrive during a commit share the next one',
    relay: true,
  },
  'publish-after-commit': {
    title: 'amqplib, publish after commit',
    settings: 'quorum queues, persistent, confirmed; prefetch 50',
  },
  bullmq: {
    title: 'BullMQ flows',
    settings: 'append-only file, flushed every second; concurrency 50, 5 attempts, lock 5 s, up to 10 stalls',
  },
  dbos: {
    title: 'DBOS Transact',
    settings:
      'in the PostgreSQL of the orders; transactions of a data source, queue polled every 20 ms, 100 orders at once',
  },
}

const FOLDER = path.join(PROJECT, 'bench/peers')
export const MAIN = path.join(FOLDER, 'main.mjs')
const NODE = 24

/** The peers are a package of their own: nothing of it is installed until they are measured. */
export function installPeers(): void {
  if (Number(process.versions.node.split('.')[0]) < NODE)
    throw new SetupError(`The peers need Node ${NODE}: npx --package node@${NODE} npm run bench -- peers`)
  console.log('installing the peers (npm ci in bench/peers)')
  const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts'], { cwd: FOLDER, encoding: 'utf8' })
  if (status !== 0) throw new SetupError(`The peers could not be installed:\n${stderr}`)
}

/** Of what is measured. */
export function versions(): Record<string, string> {
  const text = readFileSync(path.join(FOLDER, 'package.json'), 'utf8')
  return (JSON.parse(text) as { dependencies: Record<string, string> }).dependencies
}
