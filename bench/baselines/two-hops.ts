import { randomUUID } from 'node:crypto'
import type { Side } from '../benchmark.ts'
import type { Environment } from '../environment/environment.ts'
import { onSchedule } from '../load/generator.ts'
import { latenciesOf } from '../statistics.ts'

const BODY = JSON.stringify({ text: 'x'.repeat(500) })

/** The least that an order needs until it is confirmed: two commits and two confirmed publishes, one after the other. */
export async function twoHops(environment: Environment, rate: number): Promise<Side> {
  const { pool } = await environment.create('two_hops')
  await pool.query('CREATE TABLE hops (id uuid NOT NULL, hop int NOT NULL, body jsonb NOT NULL)')
  const commit = (id: string, hop: number) =>
    pool.query({ name: 'hop', text: 'INSERT INTO hops (id, hop, body) VALUES ($1, $2, $3)', values: [id, hop, BODY] })
  const arrived = new Map<string, () => void>()
  const second = await openQueue(environment, 'second-hop', async (id) => arrived.get(id)?.())
  const first = await openQueue(environment, 'first-hop', async (id) => {
    await commit(id, 2)
    second(id)
  })
  const order = async () => {
    const id = randomUUID()
    const began = performance.now()
    const arrival = new Promise<void>((resolve) => arrived.set(id, resolve))
    await commit(id, 1)
    first(id)
    await arrival
    arrived.delete(id)
    return performance.now() - began
  }
  const run = async (seconds: number) => ({ ...latenciesOf(await onSchedule(rate, seconds, order)) })
  return { title: 'two commits and two hops', warmUp: () => run(2), run }
}

/** A quorum queue. @returns what publishes an id to it */
async function openQueue({ amqp, namespace, onReset }: Environment, label: string, handle: (id: string) => unknown) {
  const publishing = await amqp.createConfirmChannel()
  const consuming = await amqp.createChannel()
  const queue = namespace(label)
  await consuming.prefetch(200)
  await consuming.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
  onReset(() => consuming.deleteQueue(queue))
  await consuming.consume(queue, async (message) => {
    if (!message) return // the queue is deleted
    await handle(message.properties.messageId as string)
    consuming.ack(message)
  })
  return (id: string) =>
    void publishing.publish('', queue, Buffer.from(BODY), { messageId: id, persistent: true }, () => {})
}
