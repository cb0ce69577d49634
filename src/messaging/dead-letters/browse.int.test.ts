import { discard, listGroups, listReactions, planFor, redrive } from '#messaging'
import { testDatabase, testSystem, type TestDatabase } from '#testing'

jest.setTimeout(30_000)

const REACTION = 'test.crowded'

/** Dead letters with bodies of 2 KB over 50 causes, as a bad release leaves them behind. */
async function fill({ pool }: TestDatabase, count: number) {
  await pool.query(
    `INSERT INTO dead_letters (id, reaction, event_id, event_type, stream, stream_version, correlation_id, reason, error_name,
       error_message, stack, fingerprint, attempts, first_failed_at, failed_at, instance, exchange, routing_key,
       content_type, headers, body)
     SELECT gen_random_uuid(), $1, gen_random_uuid(), 'order.placed', 'order-' || n % 40000, n / 40000 + 1, n::text,
       'attempts-exhausted', 'TypeError', 'cause ' || n % 50, repeat('at somewhere ', 300), md5((n % 50)::text), 6, now(),
       now() - n * interval '1 second', 'test', 'order.placed', '', 'application/cloudevents+json', '{}',
       convert_to(repeat(md5(n::text), 64), 'UTF8')
     FROM generate_series(1, $2::int) n`,
    [REACTION, count],
  )
}

test('100,000 dead letters: listed, grouped and planned in under 3 s', async () => {
  const database = await testDatabase()
  try {
    await fill(database, 100_000)
    const before = process.memoryUsage().rss
    const [listMs, reactions] = await timed(() => listReactions(database.db))
    expect(reactions).toMatchObject([{ reaction: REACTION, count: 100_000, groups: 50, inFlight: 0 }])
    expect(reactions[0]!.topError).toMatch(/^TypeError: cause \d+$/)
    const [groupsMs, groups] = await timed(() => listGroups(database.db, REACTION))
    expect(groups).toHaveLength(50)
    expect(groups[0]).toMatchObject({ count: 2_000, eventType: 'order.placed', reason: 'attempts-exhausted' })
    expect(new Set(groups.map(({ exampleId }) => exampleId)).size).toBe(50)
    const [planMs, plan] = await timed(() => planFor(database.db, REACTION, { group: groups[0]!.fingerprint }))
    expect(plan).toMatchObject({ total: 2_000, alreadyHandled: 0 })
    expect(Math.max(listMs, groupsMs, planMs)).toBeLessThan(3_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024)
  } finally {
    await database.close()
  }
}, 60_000)

test('thousands are redriven and discarded page by page, in bounded memory', async () => {
  const system = await testSystem([])
  const context = { ...system, ladder: [50, 200], operator: 'ada' }
  try {
    await fill(system, 5_000)
    await system.db.subscription.create({ data: { reaction: REACTION, eventType: 'order.placed', since: 0 } })
    const [group] = await listGroups(system.db, REACTION, 1)
    const sent = await redrive(context, REACTION, { group: group!.fingerprint }, { waitMs: 0 })
    expect(sent).toMatchObject({ outcome: 'done', sent: 100, inFlight: 100 })
    expect(await system.broker.depth(system.names.queue(REACTION))).toBe(100)
    expect(await listReactions(system.db)).toMatchObject([{ count: 4_900, inFlight: 100 }])
    expect(await discard(context, REACTION, { all: true }, 'nothing but a test')).toMatchObject({ discarded: 4_900 })
    expect(await listReactions(system.db)).toMatchObject([{ count: 0, inFlight: 100, oldest: null, topError: null }])
  } finally {
    await system.close()
  }
}, 60_000)

async function timed<T>(work: () => Promise<T>): Promise<[ms: number, result: T]> {
  const started = performance.now()
  const result = await work()
  return [performance.now() - started, result]
}
