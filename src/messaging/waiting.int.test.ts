import { register } from '#platform/metrics'
import { anOrderPlaced, record, testDatabase } from '#testing'
import { measureWaiting } from './waiting.ts'

const told = async (metric: string) =>
  (await register.metrics()).split('\n').filter((line) => line.startsWith(metric) && !line.startsWith('#'))

it('tells open dead letters and the age of what is not published, and nothing while PostgreSQL is away', async () => {
  const database = await testDatabase()
  const { db } = database
  measureWaiting(db)
  await db.subscription.create({ data: { reaction: 'a.quiet', eventType: 'order.placed', since: 0 } })
  await db.subscription.create({ data: { reaction: 'b.broken', eventType: 'order.placed', since: 0 } })
  await db.$executeRaw`
    INSERT INTO dead_letters (id, reaction, reason, error_name, error_message, fingerprint, attempts, first_failed_at,
      failed_at, instance, exchange, routing_key, headers, body, status)
    SELECT gen_random_uuid(), 'b.broken', '', '', '', '', 1, now(), now(), '', '', '', '{}', '', status
    FROM unnest(ARRAY['open', 'open', 'resolved']) AS status`
  expect(await told('fanfare_dead_letters_open')).toEqual([
    'fanfare_dead_letters_open{reaction="a.quiet"} 0',
    'fanfare_dead_letters_open{reaction="b.broken"} 2',
  ])
  expect(await told('fanfare_relay_lag')).toEqual(['fanfare_relay_lag_seconds 0'])

  await record(database, anOrderPlaced())
  const { position } = await db.event.findFirstOrThrow()
  await db.$executeRaw`ALTER TABLE events DISABLE TRIGGER USER`
  await db.$executeRaw`UPDATE events SET occurred_at = now() - interval '1 minute'`
  expect(Number((await told('fanfare_relay_lag'))[0]!.split(' ')[1])).toBeCloseTo(60, -1)
  await db.relayLease.create({ data: { name: 'relay', position, expiresAt: new Date() } })
  expect(await told('fanfare_relay_lag')).toEqual(['fanfare_relay_lag_seconds 0'])

  await database.close()
  expect([...(await told('fanfare_dead_letters_open')), ...(await told('fanfare_relay_lag'))]).toEqual([])
})
