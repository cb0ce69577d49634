import { createLogger } from '#platform/log/logger'
import { anOrderPlaced, killedAt, project, record, testDatabase, type TestDatabase } from '#testing'
import { compiledCommand } from '../../../../dev/processes/compiled.ts'
import { findReactions, loadProjections } from '../../load-workers.ts'
import { rebuild } from './rebuild.ts'

jest.setTimeout(600_000)

let database: TestDatabase
beforeEach(async () => {
  database = await testDatabase()
})
afterEach(() => database.close())

const placedIn = async (schema: string) => {
  const [row] = await database.db.$queryRawUnsafe<[{ placed: number }]>(
    `SELECT sum(placed)::int AS placed FROM ${schema}.by_country`,
  )
  return row.placed
}
const PRESENT = 'projection_analytics_sales'
const at = (table: string, when: string) =>
  `CREATE TRIGGER gate BEFORE UPDATE ON ${table} FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION gate()`

test('killed in the middle of a batch, and of the swap, a rebuild goes on with what was committed', async () => {
  const { db } = database
  const sales = (await loadProjections(findReactions('workers'))).find(({ name }) => name === 'analytics.sales')!
  await record(database, ...Array.from({ length: 60 }, () => anOrderPlaced()))
  await project(database, sales)
  const command = await compiledCommand('projections', 'rebuild', sales.name, '--batch', '20')
  await killedAt(database, at('projection_shadows', 'NEW.position >= 40'), command)
  expect(await db.projectionShadow.findFirst()).toMatchObject({ position: 20n })
  expect([await placedIn(`${PRESENT}_shadow`), await placedIn(PRESENT)]).toEqual([20, 60])
  await killedAt(database, at('projections', 'NEW.generation > OLD.generation'), command)
  expect(await db.projectionShadow.findFirst()).toMatchObject({ position: 60n })
  expect([await placedIn(`${PRESENT}_shadow`), await placedIn(PRESENT)]).toEqual([60, 60])
  const log = createLogger('test', 'silent')
  expect(await rebuild(sales, { db, log, instance: 'test' })).toMatchObject({ outcome: 'swapped', from: 60n })
  expect([await placedIn(PRESENT), await db.projectionShadow.count()]).toEqual([60, 0])
})
