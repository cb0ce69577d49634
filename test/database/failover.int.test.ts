// A real primary with a real standby: who finds the primary among several servers, before and after a failover.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { createFeed, eventRoutes } from '#domains/live'
import { createWakeUp, listenForWakeUps } from '#messaging'
import { readConfig } from '#platform/config'
import { isDatabaseOutage, openDatabase } from '#platform/database'
import { createLogger } from '#platform/log/logger'
import { deadline, releases } from '#testing'
import { checkDatabase } from '../../src/platform/database/start-check.ts'
import { anOrder, testApi } from '../../src/testing/api.ts'
import { canReplicate, startPair, type Pair } from './standby.ts'

const later = releases()
const suite = canReplicate ? describe : describe.skip
suite(`several servers${canReplicate ? '' : ' (skipped: PostgreSQL is not installed here)'}`, () => {
  let pair: Pair
  beforeEach(async () => {
    pair = await startPair()
  })
  afterEach(() => pair.close())

  /** The standby first: what is not the primary must be passed over. */
  const both = () => `postgresql://fanfare@127.0.0.1:${pair.standby.port},127.0.0.1:${pair.primary.port}/postgres`
  const check = async (url: string) => {
    const urls = { DATABASE_URL: url, RABBITMQ_URL: 'amqp://unused', REDIS_URL: 'redis://unused' }
    return (await checkDatabase(readConfig(urls)))[0]
  }

  it('are told apart, and after a failover pool and wake-ups find the new primary by themselves', async () => {
    const { db, pool, close } = openDatabase(both(), { answerWithinMs: 20_000 })
    await db.$executeRaw`CREATE TABLE written (n int)`
    const write = (n: number) => db.$transaction((tx) => tx.$executeRaw`INSERT INTO written VALUES (${n}::int)`)
    /** A write that found no free connection in time has not begun. */
    const written = (n: number) =>
      deadline('it is written', () =>
        write(n).then(
          () => true,
          () => false,
        ),
      )
    await Promise.all(Array.from({ length: 20 }, (_, n) => written(n)))
    const woken = jest.fn()
    const wakeUps = listenForWakeUps(both(), createLogger('test', 'silent'), woken)
    await deadline('it listens', () => woken.mock.calls.length > 0)
    await deadline(
      'the standby has it all',
      async () => (await pair.standby.run('SELECT FROM written')).rowCount === 20,
    )

    await pair.primary.kill()
    const during = await write(20).catch((error: unknown) => error)
    expect(isDatabaseOutage(during)).toBe(true)
    await pair.standby.promote()
    await written(21)
    expect((await pair.standby.run('SELECT FROM written')).rowCount).toBe(21)

    woken.mockClear()
    const wakeUp = createWakeUp(pool)
    await deadline('it is woken', () => (wakeUp.wake(), woken.mock.calls.length > 1))
    await wakeUps.close()
    await close()
  })

  it('of which none takes changes are an outage', async () => {
    await pair.primary.kill()
    const { db, close } = openDatabase(both())
    const error = await db.$queryRaw`SELECT 1`.catch((thrown: unknown) => thrown)
    expect(isDatabaseOutage(error)).toBe(true)
    await close()
  })

  const migrate = (command: 'status' | 'deploy') => {
    const prisma = path.resolve('node_modules/prisma/build/index.js')
    const env = { ...process.env, DATABASE_URL: both(), DATABASE_DIRECT_URL: '' }
    return spawnSync(process.execPath, [prisma, 'migrate', command], { env, encoding: 'utf8' })
  }

  it('lose events that a client has heard of: he is told so, also once their positions are other events', async () => {
    expect(migrate('deploy').status).toBe(0)
    const opened = openDatabase(both(), { planning: 'by-key', answerWithinMs: 20_000 })
    const { db } = opened
    later(opened.close)
    const ending = new AbortController()
    const feed = createFeed({ ...opened, log: createLogger('test', 'silent'), ending: ending.signal })
    const api = await testApi({ ...opened, url: both() }, eventRoutes({ db, feed }))
    later(api.close)
    later(() => ending.abort())
    const order = async () => {
      const placed = await deadline('placed', async () => {
        const { status, body } = await api.place(anOrder())
        return status === 202 ? (body as { id: string }) : undefined
      })
      return placed.id
    }
    /** More positions than the standby takes for drawn: PostgreSQL logs them 32 at a time. */
    const orders = async () => {
      const ids: string[] = []
      while (ids.length < 40) ids.push(await order())
      await db.$executeRaw`UPDATE relay_checkpoints SET position = (SELECT max(position) FROM events)`
      return ids
    }
    const next = async () => (await api.get('/v1/events')).body.next as string
    const since = (id: string, headers = {}) =>
      api.http.get(`/v1/events?limit=1000&since=${id}`).set({ authorization: `Bearer ${api.key}`, ...headers })

    await db.$executeRaw`INSERT INTO relay_checkpoints (name) VALUES ('relay')`
    await orders()
    const kept = await next()
    const published = 'SELECT FROM relay_checkpoints WHERE position = (SELECT max(position) FROM events)'
    await deadline('the standby has it all', async () => (await pair.standby.run(published)).rowCount === 1)
    await pair.standby.disconnect()
    await orders()
    const lost = await next()
    await pair.primary.kill()
    await pair.standby.promote()

    const after = [...(await orders()), ...(await orders())]
    const [{ again } = {}] = await db.$queryRaw<{ again: boolean }[]>`
      SELECT min(position) <= ${parseInt(lost)} AND max(position) > ${parseInt(lost)} AS again FROM events
      WHERE position > ${parseInt(kept)}`
    expect(again).toBe(true)
    for (const headers of [
      {},
      { accept: 'text/event-stream' },
      { accept: 'text/event-stream', 'last-event-id': lost },
    ]) {
      const { status, body } = await since(lost, headers)
      expect([status, body.code]).toEqual([409, 'events-taken-back'])
    }
    const { body } = await since(kept)
    expect(body.events.map(({ orderId }: { orderId: string }) => orderId)).toEqual(after)
  }, 120_000)

  it('are migrated where the primary is', () => {
    const { status, stdout, stderr } = migrate('status')
    expect(stdout + stderr).toContain(`127.0.0.1:${pair.primary.port}`)
    expect(status).toBe(1) // the migrations are not applied yet
  })

  it('are checked at a start: a standby must be synchronous for the promise', async () => {
    await pair.primary.run(`CREATE ROLE app LOGIN`)
    const asApp = pair.primary.url.replace('fanfare@', 'app@')
    expect(await check(asApp)).toMatch(/app may not see whether it is synchronous: GRANT pg_monitor TO app\.$/)
    await pair.primary.run(`GRANT pg_monitor TO app`)
    expect(await check(asApp)).toMatch(
      /^The standby standby replicates asynchronously: .* Name it in synchronous_standby_names/,
    )
    await pair.primary.run(`ALTER SYSTEM SET synchronous_standby_names = 'standby'`)
    await pair.primary.run(`SELECT pg_reload_conf()`)
    await deadline('it is synchronous', async () => (await check(asApp)) === undefined)
    await pair.primary.run(`ALTER ROLE app SET synchronous_commit = off`)
    expect(await check(asApp)).toMatch(/^synchronous_commit is off/)
  })
})
