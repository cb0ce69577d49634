import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { PROJECT } from '../../dev/services/index.ts'
import type { Comparison, Contest, Side } from '../contest.ts'
import { storeOrders } from '../load/stored-orders.ts'
import { declareQueues } from '../stage/broker.ts'
import { lastPosition } from '../stage/settled.ts'
import { environment } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'
import { handledAfter } from './react.ts'

const SLOW_MS = 20
const CALLS = 4
const REPLICAS = [1, 2, 4]

/** One reaction in one process and in several: one that mostly waits, and one that never does. */
export async function replicas(stage: Stage): Promise<Contest> {
  const outside = await stage.remote('outside', 'bench/processes/outside.ts', {})
  const { analyticsUrl } = await outside.ask<{ analyticsUrl: string }>('start')
  await outside.ask('behave', { analyticsMs: SLOW_MS, mails: true })
  const waiting = await crew(stage, 'bench/reactions', 'bench.ask-slowly', { ANALYTICS_URL: analyticsUrl })
  const busy = await crew(stage, 'workers', 'inventory.reserve-stock')
  return {
    name: 'replicas',
    title: 'More processes of one reaction',
    method:
      `A full queue is worked off by one process of a reaction, by two and by four, which share the queue. The first reaction waits: its ` +
      `call takes ${SLOW_MS} ms at an outside service, ${CALLS} at once in each process, so one process can do ${(CALLS * 1_000) / SLOW_MS} a second ` +
      'at most and the processors are idle. The second one, inventory.reserve-stock, never waits for anything but PostgreSQL and uses ' +
      'the processors of this one machine up: more processes of it are not meant to help here. The ratio is the gain over one process.',
    settings: { 'call ms': SLOW_MS, 'calls at once per process': CALLS },
    sides: Object.fromEntries([
      ...REPLICAS.map((count) => [`waiting ${count}`, waiting(count)]),
      ...REPLICAS.map((count) => [`busy ${count}`, busy(count)]),
    ]) as Record<string, Side>,
    comparisons: [gain('waiting', 2, 1.8), gain('waiting', 4, 3.2), gain('busy', 2), gain('busy', 4)],
  }
}

const gain = (kind: 'waiting' | 'busy', count: number, ratio?: number): Comparison => ({
  title: `${count} processes in place of one, of a reaction that ${kind === 'waiting' ? 'waits' : 'computes'}`,
  ours: `${kind} ${count}`,
  limit: `${kind} 1`,
  value: 'rate',
  unit: 'messages/s',
  better: 'higher',
  ...(ratio && { goal: { ratio } }),
  guarded: false,
})

/** As many processes of a reaction as are ever wanted. @returns the side with so many of them at work */
async function crew(stage: Stage, folder: string, name: string, settings: Record<string, string> = {}) {
  const label = `replicas-${name.replaceAll('.', '-')}`
  const database = await stage.create(label.replaceAll('-', '_'))
  const { names, purge } = await declareQueues(stage, label, [{ name, eventTypes: ['order.placed'] }])
  const env = { ...environment(stage, database, names.namespace), ...settings }
  const hire = async (nth: number) => {
    const worker = await stage.remote(`${name} ${nth}`, 'bench/processes/worker.ts', env)
    await worker.ask('load', { folder: path.join(PROJECT, folder), name })
    return worker
  }
  const workers = await Promise.all(Array.from({ length: Math.max(...REPLICAS) }, (_, index) => hire(index + 1)))
  const feeder = await stage.remote(`feeder ${name}`, 'bench/processes/publisher.ts', {})
  const where = { databaseUrl: database.url, rabbitmqUrl: stage.urls.rabbitmq, namespace: names.namespace }
  const drain = async (count: number, messages: number) => {
    await purge()
    const after = await lastPosition(database)
    await storeOrders(database.pool, messages)
    await feeder.ask('load', { ...where, messages, after })
    await feeder.ask('publish', { count: messages, window: 1_000 })
    const active = workers.slice(0, count)
    const began = performance.now()
    await Promise.all(active.map((worker) => worker.ask('begin')))
    await untilHandled(() => handledAfter(database, name, after), messages)
    const rate = messages / ((performance.now() - began) / 1_000)
    await Promise.all(active.map((worker) => worker.ask('end')))
    return { rate }
  }
  return (count: number): Side => {
    let expected = 100 * count
    const run = async (seconds: number) => {
      const sample = await drain(count, Math.max(100, Math.ceil(expected * seconds)))
      expected = sample.rate
      return sample
    }
    const title = `${name}, ${count} process${count === 1 ? '' : 'es'}`
    return { title, warmUp: async () => void (await run(1)), run }
  }
}

async function untilHandled(handled: () => Promise<number>, count: number): Promise<void> {
  const end = performance.now() + 120_000
  for (;;) {
    const asked = performance.now()
    if ((await handled()) >= count) return
    if (performance.now() > end) throw new Error(`not all of ${count} messages were handled within two minutes`)
    await wait(Math.max(20, 4 * (performance.now() - asked))) // so that asking takes little from what is measured
  }
}
