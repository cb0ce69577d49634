// A data source for node-postgres. Those published for it are for an older DBOS; this one keeps to the same protocol.
import { DBOS } from '@dbos-inc/dbos-sdk'
import * as datasource from '@dbos-inc/dbos-sdk/datasource'
import { inTransaction } from './tables.mjs'

const NAME = 'peers'

/** @returns what runs a transaction as a step of a workflow, exactly once */
export function openDataSource(pool) {
  datasource.registerDataSource({
    name: NAME,
    initialize: () =>
      inTransaction(pool, (client) => datasource.migrateDataSourcePG(async (sql) => (await client.query(sql)).rows)),
    destroy: () => pool.end(),
    invokeTransactionFunction: (_config, _target, work) => runOnce(pool, work),
  })
  return (name, work) => datasource.runTransaction(work, name, { dsName: NAME })
}

async function runOnce(pool, work) {
  const step = [DBOS.workflowID, DBOS.stepID]
  const recorded = async () => (await pool.query({ name: 'done', text: DONE, values: step })).rows[0]
  const earlier = await recorded()
  if (earlier) return datasource.replayRecordedStep(earlier)
  try {
    return await inTransaction(pool, async (client) => {
      const result = await work(client)
      await note(client, step, result)
      return result
    })
  } catch (error) {
    if (!(error instanceof datasource.DBOSStepAlreadyRecordedError)) throw error
    return datasource.replayRecordedStep(await recorded())
  }
}

/** @throws when another execution of the workflow was first, or has taken it over */
async function note(client, step, result) {
  const values = [...step, JSON.stringify({ json: result ?? null })]
  const { rowCount } = await client.query({ name: 'note', text: NOTE, values })
  if (rowCount === 0) throw new datasource.DBOSStepAlreadyRecordedError(...step)
  await datasource.assertStillOwnsWorkflow(step[0])
}

const DONE = 'SELECT output, error FROM dbos.transaction_completion WHERE workflow_id = $1 AND function_num = $2'
const NOTE = `INSERT INTO dbos.transaction_completion (workflow_id, function_num, output) VALUES ($1, $2, $3)
  ON CONFLICT (workflow_id, function_num) DO NOTHING`
