// BullMQ: a flow per order, added after the commit; its parent runs when the three children are done.
import { FlowProducer, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { answer, confirm, insertOrder, inTransaction, openPool, REACTIONS } from './tables.mjs'

// By default a job has one attempt, and the lock of a killed worker holds it for 30 s; a job found so twice has failed.
const WORK = { concurrency: 50, lockDuration: 5_000, stalledInterval: 2_000, maxStalledCount: 10 }
const JOB = { attempts: 5, backoff: { type: 'exponential', delay: 500 }, removeOnComplete: true }
const queue = (name) => `${process.env.PREFIX}-${name}`
const connect = () => new Redis(process.env.REDIS_URL, { maxRetriesPerRequest: null })

export async function producer() {
  const pool = openPool(16)
  const flows = new FlowProducer({ connection: connect() })
  const job = (name, id) => ({ name, queueName: queue(name), data: { id }, opts: JOB })
  return async (id) => {
    await pool.query(insertOrder(id))
    await flows.add({ ...job('confirm', id), children: REACTIONS.map((name) => job(name, id)) })
  }
}

export async function worker() {
  const pool = openPool(20)
  const run = (name, handle) =>
    new Worker(queue(name), ({ data }) => inTransaction(pool, (client) => handle(client, data.id)), {
      connection: connect(),
      ...WORK,
    })
  const workers = [
    ...REACTIONS.map((name) => run(name, (client, id) => answer(client, id, name))),
    run('confirm', (client, id) => confirm(client, id)),
  ]
  for (const one of workers) one.on('error', () => {})
  await Promise.all(workers.map((one) => one.waitUntilReady()))
}
