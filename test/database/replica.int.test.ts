// Read models asked on a real standby.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { notBuilt, tooEarly } from '#http'
import { createProjectionReader } from '#messaging'
import { openDatabase, type Database } from '#platform/database'
import { anOrderPlaced, deadline, project, record } from '#testing'
import sales from '../../workers/analytics/sales.ts'
import { canReplicate, startPair, type Pair } from './standby.ts'

const suite = canReplicate ? describe : describe.skip
suite(`a read replica${canReplicate ? '' : ' (skipped: PostgreSQL is not installed here)'}`, () => {
  let pair: Pair
  beforeEach(async () => {
    pair = await startPair()
    const prisma = path.resolve('node_modules/prisma/build/index.js')
    const env = { ...process.env, DATABASE_URL: pair.primary.url, DATABASE_DIRECT_URL: '' }
    expect(spawnSync(process.execPath, [prisma, 'migrate', 'deploy'], { env, encoding: 'utf8' }).status).toBe(0)
  })
  afterEach(() => pair.close())

  const placed = async (db: Database) => {
    const [row] = await db.$queryRaw<{ placed: number }[]>`SELECT placed FROM projection_analytics_sales.by_country`
    return row!.placed
  }

  it('answers, waits for what it has not heard of, and is passed over while it is away', async () => {
    const primary = openDatabase(pair.primary.url, { planning: 'by-key' })
    const replica = openDatabase(pair.standby.url, { planning: 'by-key' })
    const shared = { db: primary.db, replica: replica.db, tooEarly, notBuilt }
    const reader = createProjectionReader({ ...shared, patienceMs: 20_000 })
    const hurried = createProjectionReader({ ...shared, patienceMs: 100 })
    const store = async () => {
      const [event] = await record({ ...primary, url: pair.primary.url }, anOrderPlaced())
      await project(primary, sales)
      return `${event!.stream}@1`
    }
    expect(await reader.read('analytics.sales', await store(), placed)).toMatchObject({ result: 1, position: 1n })

    await pair.standby.run('SELECT pg_wal_replay_pause()')
    const unheard = await store()
    expect((await reader.read('analytics.sales', undefined, placed)).result).toBe(1)
    await expect(hurried.read('analytics.sales', unheard, placed)).rejects.toThrow(/reaches to position 1, stored at/)
    await expect(hurried.read('analytics.sales', '2', placed)).rejects.toMatchObject({ status: 504 })
    const waiting = reader.read('analytics.sales', unheard, placed)
    await pair.standby.run('SELECT pg_wal_replay_resume()')
    expect(await waiting).toMatchObject({ result: 2, position: 2n })

    await pair.standby.kill()
    const after = await store()
    const answer = () => hurried.read('analytics.sales', after, placed).catch((error: Error) => error)
    expect(
      await deadline('the primary answers', async () => {
        const said = await answer()
        return said instanceof Error ? undefined : said
      }),
    ).toMatchObject({ result: 3 })
    await replica.close()
    await primary.close()
  })
})
