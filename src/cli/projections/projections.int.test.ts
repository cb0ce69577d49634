import { findReactions, loadProjections, type Projection } from '#messaging'
import { anOrderPlaced, project, record, testDatabase, type TestDatabase } from '#testing'
import { fanfare } from '../fanfare.ts'

jest.setTimeout(60_000)

let database: TestDatabase
let sales: Projection
beforeEach(async () => {
  database = await testDatabase()
  sales = (await loadProjections(findReactions('workers'))).find(({ name }) => name === 'analytics.sales')!
  await record(database, anOrderPlaced(), anOrderPlaced())
  await project(database, sales)
})
afterEach(() => database.close())

async function run(...args: string[]) {
  let output = ''
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((text) => Boolean((output += String(text)))),
  )
  try {
    return { code: await fanfare(args, { env: { DATABASE_URL: database.url } }), output: output.trim() }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

const placed = async () => {
  const [row] = await database.db.$queryRaw<
    { placed: number }[]
  >`SELECT placed FROM projection_analytics_sales.by_country`
  return row!.placed
}

test('list: where each stands, and which have not been started', async () => {
  const { code, output } = await run('projections', 'list')
  expect(code).toBe(0)
  expect(output).toMatch(/^ *analytics\.sales +running +2 +0 +0\.0 s +nobody/m)
  expect(output).toMatch(/^ *lookup\.order-search +not started/m)
  await database.db.projection.updateMany({ data: { version: 0 } })
  const old = await run('projections', 'list')
  expect(old).toMatchObject({ code: 1, output: expect.stringMatching(/fanfare projections rebuild analytics\.sales$/) })
})

test('rebuild: compares, and swaps what differs only when told to', async () => {
  expect((await run('projections', 'rebuild', 'analytics.sales', '--compare')).output).toMatch(
    /^analytics\.sales: 3 tables, no difference\.\nanalytics\.sales: rebuilt and swapped, 2 positions in .* s \(\d+ positions?\/s\)/,
  )
  await database.db.$executeRaw`UPDATE projection_analytics_sales.by_country SET placed = 7`
  const compared = await run('projections', 'rebuild', 'analytics.sales', '--compare')
  expect(compared.output).toMatch(
    /^analytics\.sales\.by_country: 1 row only as it is, 1 row only rebuilt\n {2}- \{.*"placed":7/,
  )
  expect(compared.output).toMatch(/and not swapped/)
  expect([compared.code, await placed()]).toEqual([1, 7])
  expect((await run('projections', 'rebuild', 'analytics.sales', '--json')).output).toMatch(/"outcome": "swapped"/)
  expect(await placed()).toBe(2)
})

test('pause, resume and stuck', async () => {
  expect(await run('projections', 'pause', 'analytics.sales')).toEqual({ code: 0, output: 'analytics.sales paused.' })
  const stuck = await run('stuck', '--patience', '1h')
  expect(stuck.output).toMatch(/^paused {2}the projection analytics\.sales\n {4}since \d+ s ago, 0 events behind/)
  expect(stuck.output).toMatch(/fanfare projections resume analytics\.sales/)
  expect((await run('projections', 'resume', 'analytics.sales')).output).toBe('analytics.sales goes on.')
  await database.db.projection.updateMany({ data: { state: 'failed', reason: 'no such thing' } })
  expect((await run('stuck')).output).toMatch(/^failed {2}the projection analytics\.sales: no such thing\n/)
  expect(await run('projections', 'pause', 'analytics.sales')).toMatchObject({ code: 2 })
})

test('what is not there, and what is still wanted, is refused in one sentence', async () => {
  expect((await run('projections', 'resume', 'analytics.sale')).output).toMatch(
    /^No projection is called analytics\.sale\. Did you mean analytics\.sales\? There are: analytics\.sales\.$/,
  )
  expect((await run('projections', 'rebuild')).output).toMatch(/^Say which, or --all\./)
  expect((await run('projections', 'remove', 'analytics.sales')).output).toMatch(/still defines analytics\.sales/)
  await database.db.$executeRaw`UPDATE projections SET name = 'analytics.gone'`
  expect((await run('projections', 'remove', 'analytics.gone', '--yes')).output).toBe('analytics.gone is gone.')
  expect(await database.db.projection.count()).toBe(0)
})
