// DBOS Transact: a workflow per order, enqueued in the order's own transaction. The reactions are its steps, and as its
// documentation asks of steps that write to a database, they are transactions of a data source: the note that a step is
// done commits with it. A plain step is noted afterwards.
import { DBOS, DBOSClient } from '@dbos-inc/dbos-sdk'
import { openDataSource } from './dbos-data-source.mjs'
import { answer, confirm, insertOrder, inTransaction, openPool, REACTIONS } from './tables.mjs'

const QUEUE = 'orders'
const url = process.env.DATABASE_URL

export async function producer() {
  const pool = openPool(16)
  const client = await DBOSClient.create({ systemDatabaseUrl: url, logger: SILENT })
  return (id) =>
    inTransaction(pool, async (connection) => {
      await connection.query(insertOrder(id))
      await client.enqueueInTransaction(connection, { queueName: QUEUE, workflowName: 'order' }, id)
    })
}

export async function worker() {
  const step = openDataSource(openPool(20))
  DBOS.registerWorkflow(
    async (id) => {
      await Promise.all(REACTIONS.map((name) => step(name, (client) => answer(client, id, name))))
      await step('confirm', (client) => confirm(client, id))
    },
    { name: 'order' },
  )
  DBOS.setConfig({
    name: 'peers',
    systemDatabaseUrl: url,
    logger: SILENT,
    applicationVersion: '1',
    systemDatabasePoolSize: 20,
  })
  await DBOS.launch()
  await DBOS.registerQueue(QUEUE, { minPollingIntervalMs: 20, workerConcurrency: 100, onConflict: 'always_update' })
}

const SILENT = { info() {}, debug() {}, warn() {}, error() {} }
