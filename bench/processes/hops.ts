// The least that an order needs until it is confirmed: two commits and two confirmed hops over quorum queues, one by one.
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { connect, type Channel, type ConfirmChannel, type ConsumeMessage } from 'amqplib'
import pg from 'pg'
import { serveCommands } from '../stage/remote.ts'
import { latenciesOf, type Latencies } from '../statistics.ts'

interface Open {
  databaseUrl: string
  rabbitmqUrl: string
  /** Two quorum queues that are there. */
  queues: readonly [string, string]
}

let pool: pg.Pool
let publishing: ConfirmChannel
let queues: Open['queues']
const started = new Map<string, number>()
let latencies: number[] = []

async function open({ databaseUrl, rabbitmqUrl, queues: given }: Open): Promise<void> {
  queues = given
  pool = new pg.Pool({ connectionString: databaseUrl, max: 4 })
  await pool.query('CREATE TABLE IF NOT EXISTS hops (id uuid NOT NULL, hop int NOT NULL, body jsonb NOT NULL)')
  publishing = await (await connect(rabbitmqUrl, { noDelay: true })).createConfirmChannel()
  const consuming = await (await connect(rabbitmqUrl, { noDelay: true })).createChannel()
  await consuming.prefetch(200)
  await consuming.consume(queues[0], (message) => message && void pass(message, consuming))
  await consuming.consume(queues[1], (message) => message && arrive(message, consuming))
}

async function pass(message: ConsumeMessage, channel: Channel) {
  const id = message.properties.messageId as string
  await commit(id, 2)
  publish(queues[1], id)
  channel.ack(message)
}

function arrive(message: ConsumeMessage, channel: Channel) {
  const id = message.properties.messageId as string
  latencies.push(performance.now() - started.get(id)!)
  started.delete(id)
  channel.ack(message)
}

async function begin() {
  const id = randomUUID()
  started.set(id, performance.now())
  await commit(id, 1)
  publish(queues[0], id)
}

const BODY = JSON.stringify({ text: 'x'.repeat(500) })

const commit = (id: string, hop: number) =>
  pool.query({ name: 'hop', text: 'INSERT INTO hops (id, hop, body) VALUES ($1, $2, $3)', values: [id, hop, BODY] })

const publish = (queue: string, id: string) =>
  publishing.publish('', queue, Buffer.from(BODY), { messageId: id, persistent: true, mandatory: true }, () => {})

/** So many each second on a fixed schedule. */
async function run({ rate, seconds }: { rate: number; seconds: number }): Promise<Latencies> {
  latencies = []
  const began = performance.now()
  for (let n = 0; n < rate * seconds; n++) {
    const ahead = began + (n / rate) * 1_000 - performance.now()
    if (ahead > 0) await wait(ahead)
    void begin()
  }
  const end = performance.now() + 30_000
  while (started.size > 0 && performance.now() < end) await wait(20)
  return latenciesOf(latencies)
}

serveCommands({ open, run })
