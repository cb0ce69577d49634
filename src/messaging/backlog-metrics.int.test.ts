import { register } from '#platform/metrics'
import { anOrderPlaced, record, testDatabase } from '#testing'
import { measureBacklog } from './backlog-metrics.ts'

const told = async (metric: string) =>
  (await register.metrics()).split('\n').filter((line) => line.startsWith(metric) && !line.startsWith('#'))

it('tells open dead letters and the age of what is not published, and nothing while PostgreSQL is away', async () => {
  const database = await testDatabase()
  const { db } = database
  measureBacklog(db)
  await db.subscription.create({ data: { reaction: 'a.quiet', eventType: 'order.placed', since: 0 } })
  await db.subscription.create({ data: { reaction: 'b.broken', eventType: 'order.placed', since: 0 } })
  await db.$executeRaw`
    INSERT INTO deliveries (id, reaction, reason, state, due_at)
    SELECT gen_random_uuid(), 'b.broken', '', state, CASE WHEN state = 'retrying' THEN now() - interval '5 seconds' END
    FROM unnest(ARRAY['dead', 'dead', 'resolved', 'retrying', 'blocked']) AS state`
  expect(await told('fanfare_dead_letters_open')).toEqual([
    'fanfare_dead_letters_open{reaction="a.quiet"} 0',
    'fanfare_dead_letters_open{reaction="b.broken"} 2',
  ])
  expect(await told('fanfare_deliveries_waiting')).toEqual([
    'fanfare_deliveries_waiting{reaction="b.broken",state="blocked"} 1',
    'fanfare_deliveries_waiting{reaction="b.broken",state="retrying"} 1',
  ])
  expect(await told('fanfare_relay_lag')).toEqual(['fanfare_relay_lag_seconds 0'])
  await db.$executeRaw`
    INSERT INTO deliveries (id, reaction, reason, state, due_at, first_failed_at, error_name, error_message)
    SELECT gen_random_uuid(), 'b.broken', 'retry-later', 'retrying', now(), now() - age::interval, 'RetryLater', 'not yet'
    FROM unnest(ARRAY['1 minute', '1 hour']) AS age`
  expect(await told('fanfare_postponed')).toEqual([
    expect.stringMatching(/^fanfare_postponed_oldest_seconds\{reaction="b.broken"\} 36\d\d\b/),
  ])
  await db.delivery.deleteMany({ where: { reason: 'retry-later' } })

  await record(database, anOrderPlaced())
  const { position } = await db.event.findFirstOrThrow()
  await db.$executeRaw`ALTER TABLE events DISABLE TRIGGER USER`
  await db.$executeRaw`UPDATE events SET occurred_at = now() - interval '1 minute'`
  const lag = Number((await told('fanfare_relay_lag'))[0]!.split(' ')[1])
  expect(lag).toBeGreaterThanOrEqual(60)
  expect(lag).toBeLessThan(120)
  await db.relayCheckpoint.create({ data: { name: 'relay', position } })
  expect(await told('fanfare_deliveries_waiting')).toEqual([
    'fanfare_deliveries_waiting{reaction="b.broken",state="blocked"} 1',
    'fanfare_deliveries_waiting{reaction="b.broken",state="retrying"} 1',
  ])
  expect(await told('fanfare_relay_lag')).toEqual(['fanfare_relay_lag_seconds 0'])

  await database.close()
  expect([...(await told('fanfare_dead_letters_open')), ...(await told('fanfare_relay_lag'))]).toEqual([])
})
