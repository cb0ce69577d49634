// pg-boss: jobs in PostgreSQL, sent in the order's own transaction.
import { PgBoss } from 'pg-boss'
import { answer, answerAll, confirm, confirmAll, insertOrder, inTransaction, openPool, REACTIONS } from './tables.mjs'

const TUNED = {
  boss: { max: 20, useListenNotify: true, superviseIntervalSeconds: 1, monitorIntervalSeconds: 1 },
  queue: { notify: true, expireInSeconds: 5, retryLimit: 10 },
  work: {
    transactional: true,
    batchSize: 100,
    burstWhenBatchFull: true,
    pollingIntervalSeconds: 0.5,
    notifyPollingIntervalSeconds: 1,
  },
}

async function open({ boss: options, queue } = {}) {
  const boss = new PgBoss({ connectionString: process.env.DATABASE_URL, ...options })
  boss.on('error', () => {})
  await boss.start()
  for (const name of [...REACTIONS, 'confirm']) await boss.createQueue(name, queue)
  return boss
}

const within = (client) => ({ db: { executeSql: (text, values) => client.query(text, values) } })

export async function producer(configuration) {
  const pool = openPool(16)
  const boss = await open(configuration === 'tuned' ? TUNED : undefined)
  return (id) =>
    inTransaction(pool, async (client) => {
      await client.query(insertOrder(id))
      for (const name of REACTIONS) await boss.send(name, { id }, within(client))
    })
}

export const worker = (configuration) => (configuration === 'tuned' ? inBatches() : oneByOne())

/** As the documentation begins: a job at a time, and its effect in a transaction of its own. */
async function oneByOne() {
  const pool = openPool(20)
  const boss = await open()
  const work = (name, handle) =>
    boss.work(name, ([{ data }]) => inTransaction(pool, (client) => handle(client, data.id)))
  for (const name of REACTIONS)
    await work(name, async (client, id) => {
      if (await answer(client, id, name)) await boss.send('confirm', { id }, within(client))
    })
  await work('confirm', confirm)
}

/** A batch of jobs with one statement, in the transaction that also completes the jobs. */
async function inBatches() {
  const boss = await open(TUNED)
  const work = (name, handle) =>
    boss.work(name, TUNED.work, (jobs, db) =>
      handle(
        { query: ({ text, values }) => db.executeSql(text, values) },
        jobs.map(({ data }) => data.id),
        db,
      ),
    )
  for (const name of REACTIONS)
    await work(name, async (client, ids, db) => {
      const last = await answerAll(client, ids, name)
      if (last.length > 0)
        await boss.insert(
          'confirm',
          last.map((id) => ({ data: { id } })),
          { db },
        )
    })
  await work('confirm', confirmAll)
}
