import { describeGroups, discard, listGroups, listReactions, planFor, readSince, redrive } from '#messaging'
import { testDatabase, type TestDatabase } from '#testing'

const REACTION = 'test.crowded'
/** `DEAD_LETTERS=100000 npm test -- browse` holds a quiet machine to the time that docs/dead-letters.md tells. */
const GIVEN = process.env['DEAD_LETTERS']
const COUNT = Number(GIVEN ?? 20_000)

/** Dead letters over 50 causes, as a bad release leaves them behind; the event store has their events. */
async function fill({ pool }: TestDatabase, count: number) {
  await pool.query(
    `WITH made AS (
       INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, occurred_at)
       SELECT nextval('events_position_seq'), gen_random_uuid(), 'order.placed', 1, 'order-' || n % 8000, n / 8000 + 1,
         '{}', n::text, now() FROM generate_series(1, $2::int) n
       RETURNING id, stream, stream_version, correlation_id::int AS n
     )
     INSERT INTO deliveries (id, reaction, event_id, event_type, stream, stream_version, correlation_id, state, reason,
       error_name, error_message, stack, fingerprint, attempts, first_failed_at, failed_at, instance)
     SELECT gen_random_uuid(), $1, id, 'order.placed', stream, stream_version, n::text, 'dead', 'attempts-exhausted',
       'TypeError', 'cause ' || n % 50, repeat('at somewhere ', 300), md5((n % 50)::text), 6, now(),
       now() - n * interval '1 second', 'test'
     FROM made`,
    [REACTION, count],
  )
}

test(`${COUNT.toLocaleString('en-GB')} dead letters: listed, grouped and planned without reading them all into memory`, async () => {
  const database = await testDatabase()
  try {
    await fill(database, COUNT)
    await database.db.subscription.create({ data: { reaction: REACTION, eventType: 'order.placed', since: 0 } })
    const before = process.memoryUsage().rss
    const began = performance.now()
    const reactions = await listReactions(database.db)
    expect(reactions).toMatchObject([{ reaction: REACTION, count: COUNT, groups: 50, inFlight: 0 }])
    expect(reactions[0]!.topError).toMatch(/^TypeError: cause \d+$/)
    const groups = await listGroups(database.db, REACTION)
    expect(groups).toHaveLength(50)
    expect(groups[0]).toMatchObject({ count: COUNT / 50, eventType: 'order.placed', reason: 'attempts-exhausted' })
    expect(new Set(groups.map(({ exampleId }) => exampleId)).size).toBe(50)
    const plan = await planFor(database.db, REACTION, { group: groups[0]!.fingerprint })
    expect(plan).toMatchObject({ total: COUNT / 50, alreadyHandled: 0, undeliverable: 0 })
    if (GIVEN) expect(performance.now() - began).toBeLessThan(3_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024) // their stacks alone are 78 MB
  } finally {
    await database.close()
  }
})

test('thousands are redriven and discarded page by page, in the order of their streams', async () => {
  const database = await testDatabase()
  const { db } = database
  const context = { db, operator: 'ada' }
  try {
    await fill(database, 5_000)
    await db.$executeRaw`UPDATE deliveries SET stream = 'order-' || stream_version % 7, stream_version = correlation_id::int`
    await db.subscription.create({ data: { reaction: REACTION, eventType: 'order.placed', since: 0 } })
    const [group] = await listGroups(db, REACTION, 1)
    const sent = await redrive(context, REACTION, { group: group!.fingerprint }, { waitMs: 0 })
    expect(sent).toMatchObject({ outcome: 'done', sent: 100, inFlight: 100 })
    expect(await listReactions(db)).toMatchObject([{ count: 4_900, inFlight: 100 }])
    expect(await redrive(context, REACTION, { all: true }, { waitMs: 0 })).toMatchObject({ sent: 4_900 })
    expect(await overtaken(database, sent.actionId)).toBe(0)
    await db.$executeRaw`UPDATE deliveries SET state = 'dead', due_at = NULL`
    expect(await discard(context, REACTION, { all: true }, 'nothing but a test')).toMatchObject({ discarded: 5_000 })
    expect(await listReactions(db)).toEqual([])
  } finally {
    await database.close()
  }
})

test('tells what has changed since: the release that failed, those that run, whether it fails still, and what was handled', async () => {
  const database = await testDatabase()
  const { db } = database
  const told = async () => (await describeGroups(db, REACTION))[0]!
  const ran = (release: string, instance: string, startedAt: Date, seenAt = new Date()) =>
    db.process.create({ data: { instance, startedAt, seenAt, service: 'worker', release, runs: [REACTION] } })
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000)
  try {
    await fill(database, 150)
    await db.$executeRaw`UPDATE deliveries SET failed_at = failed_at - interval '10 min'`
    expect(await told()).toMatchObject({ failureClass: 'code', failedIn: null, running: [], advice: 'start' })
    await ran('0.9.0', 'test', ago(900), ago(600)) // a process of the same name before
    await ran('1.0.0', 'test', ago(300))
    expect(await told()).toMatchObject({ failedIn: '1.0.0', running: [{ release: '1.0.0' }], advice: 'deploy' })
    await ran('1.1.0', 'newer', ago(5))
    expect(await told()).toMatchObject({ running: [{ release: '1.0.0' }, { release: '1.1.0' }], advice: 'wait' })
    await db.process.updateMany({ where: { instance: 'test' }, data: { stoppedAt: new Date() } })
    expect(await told()).toMatchObject({ failedIn: '1.0.0', handledSince: 0, advice: 'canary' })
    const { fingerprint, exampleId } = await told()
    await db.$executeRaw`
      WITH gone AS (DELETE FROM deliveries WHERE fingerprint <> ${fingerprint} RETURNING event_id)
      INSERT INTO handled_events (event_id, reaction, handled_at, duration_us, attempt, instance)
      SELECT event_id, ${REACTION}, clock_timestamp(), 1, 1, 'newer' FROM gone`
    const handled = await told()
    expect(handled).toMatchObject({ stillFails: false, advice: 'redrive', isForeign: false })
    expect(handled.handledSince).toBeGreaterThan(90) // of the latest hundred, some are these letters
    await db.$executeRaw`
      UPDATE deliveries SET state = 'retrying', reason = 'failed', due_at = now(), failed_at = clock_timestamp(), instance = 'newer'
      WHERE fingerprint = ${fingerprint} AND id <> ${exampleId}::uuid`
    expect(await told()).toMatchObject({ count: 1, stillFails: true, failedIn: '1.1.0', advice: 'deploy' })
    expect(await readSince(db, [{ reaction: REACTION, fingerprint: 'of nothing' }])).toEqual([])
  } finally {
    await database.close()
  }
})

/** Pairs of a stream of which the later one is due first. */
async function overtaken({ db }: TestDatabase, otherAction: string) {
  const [row] = await db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (
      SELECT due_at - lag(due_at) OVER (PARTITION BY stream ORDER BY stream_version) AS step
      FROM deliveries WHERE action_id <> ${otherAction}::uuid) AS steps WHERE step < interval '0'`
  return row!.count
}
