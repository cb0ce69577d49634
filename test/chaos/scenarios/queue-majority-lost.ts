import { setTimeout as wait } from 'node:timers/promises'
import { deadline } from '#testing'
import type { Cluster } from '../world/cluster.ts'
import { all, atMost, placeDuring, seconds, untilSettled, type Scenario } from './stage.ts'
import type { World } from '../subject.ts'

/** Every order waits for what it publishes. */
const REACTION = 'fraud.screen-order'
const PER_SECOND = 20
/** Milliseconds with and without the majority. */
const CALM_MS = 10_000
const LOST_MS = 30_000
/** A sick queue is tried again after 30 s at most. */
const BOUND_AGAIN_MS = 45_000

export const queueMajorityLost: Scenario = {
  summary: 'one queue of a RabbitMQ cluster loses the majority of its members while orders come in',
  clustered: true,
  async play({ cluster, ...world }, stage) {
    await cluster!.ask(1, 'rabbitmq-queues', 'delete_member', REACTION, 'mq3@localhost')
    let boundAgainMs = Number.POSITIVE_INFINITY
    let wasUnbound = false
    const began = new Date()
    let lostAt = began
    let backAt = began
    const work = async () => {
      await wait(CALM_MS)
      lostAt = new Date()
      await cluster!.kill(2)
      await wait(LOST_MS / 2)
      wasUnbound = !(await isBound(cluster!))
      await world.processes.kill('fraud 1', 0) // a new life of its worker cannot consume from the queue either
      await wait(LOST_MS / 2)
      backAt = new Date()
      await cluster!.start(2)
      const started = performance.now()
      await deadline('bound again', () => isBound(cluster!), { within: BOUND_AGAIN_MS, every: 500 }).catch(() => {})
      if (await isBound(cluster!)) boundAgainMs = performance.now() - started
      await wait(CALM_MS)
    }
    const working = work()
    const relay = watchRelay(world, working)
    const { asked, answered } = await placeDuring(stage, PER_SECOND, working)
    const { ms, settled } = await untilSettled(world)
    const [own, others] = await longest(world, lostAt, backAt)
    const heldBackMs = await relay
    stage.say(
      `${answered} of ${asked} orders answered 202; while the queue had no majority its reaction took ${seconds(own)} at most, ` +
        `every other one ${seconds(others)}, of which the relay held events back for ${seconds(heldBackMs)} at most; bound again ${seconds(boundAgainMs)} after its node was back; settled ${seconds(ms)} after the last`,
    )
    return [
      settled,
      all('every order is answered 202', answered, asked),
      atMost('the relay holds no event back for more than 5 s', heldBackMs, 5_000),
      atMost('the reaction goes on, out of PostgreSQL, under', own, 15_000),
      {
        promise: 'a queue without a majority is taken out of the way',
        broken: wasUnbound ? [] : ['it was still bound'],
      },
      atMost('it is bound again within', boundAgainMs, BOUND_AGAIN_MS),
    ]
  },
}

async function isBound(cluster: Cluster): Promise<boolean> {
  const bindings = await cluster.ask(1, 'rabbitmqctl', 'list_bindings', 'source_name', 'destination_name')
  return bindings.split('\n').some((line) => line.trim() === `order.placed\t${REACTION}`)
}

/** @returns the longest that an event has waited to be published while the work went on, in milliseconds */
async function watchRelay({ database: { db } }: Pick<World, 'database'>, work: Promise<unknown>): Promise<number> {
  let isOver = false
  const ended = work.finally(() => (isOver = true))
  let longestMs = 0
  while (!isOver) {
    const [row] = await db.$queryRaw<{ ms: number }[]>`
      SELECT coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)::float8 * 1000 AS ms
      FROM events WHERE position > (SELECT coalesce(max(position), 0) FROM relay_checkpoints)`
    longestMs = Math.max(longestMs, row!.ms)
    await wait(100)
  }
  await ended
  return longestMs
}

/** Milliseconds from the storing of an event of this time to its handling, at most: by the reaction, and by all others. */
async function longest({ database: { db } }: Pick<World, 'database'>, from: Date, to: Date): Promise<[number, number]> {
  const rows = await db.$queryRaw<{ isOwn: boolean; ms: number }[]>`
    SELECT h.reaction = ${REACTION} AS "isOwn", max(extract(epoch FROM h.handled_at - e.occurred_at))::float8 * 1000 AS ms
    FROM handled_events h JOIN events e ON e.id = h.event_id
    WHERE e.occurred_at BETWEEN ${from} AND ${to}
      AND NOT EXISTS (SELECT FROM delivery_history f WHERE f.event_id = e.id AND f.reaction = h.reaction AND f.what = 'failed')
    GROUP BY 1`
  const of = (isOwn: boolean) => rows.find((row) => row.isOwn === isOwn)?.ms ?? Number.POSITIVE_INFINITY
  return [of(true), of(false)]
}
