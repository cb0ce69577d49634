import { register } from '#messaging'
import type { OperatedSystem } from '../../../src/testing/operators.ts'
import orderSearch from '../../../workers/lookup/order-search.ts'
import { hiddenWordsOf } from '../../../src/domains/lookup/words.ts'

type System = OperatedSystem['system']

/** Every second order has a mug, and every twentieth is of one customer. */
export async function fillSearch({ db }: System): Promise<void> {
  await register(db, [orderSearch])
  await db.$executeRaw`DROP INDEX projection_lookup_order_search.documents_words_idx` // made anew, it takes a tenth of the time
  await db.$executeRaw`
    INSERT INTO projection_lookup_order_search.documents (order_id, status, total, currency, placed_at, words)
    SELECT id, 'shipped', 2500, 'GBP', at, array_to_tsvector(ARRAY[id::text, 'ff-' || n, 'ff', n::text, '01']
      || CASE WHEN n % 2 = 0 THEN ARRAY['mug-01', 'mug'] ELSE ARRAY['tea-01', 'tea'] END
      || CASE WHEN n % 20 = 0 THEN ${hiddenWordsOf('Ada Lovelace')}::text[] ELSE ARRAY['#' || left(md5(n::text), 8)] END)
    FROM filled`
  await db.$executeRaw`CREATE INDEX ON projection_lookup_order_search.documents USING gin (words)`
}

/** A webhook that was told of every order, and gave up on a few long ago. */
export async function fillWebhook({ db }: System): Promise<void> {
  await db.$executeRaw`
    INSERT INTO webhook_endpoints (id, client_id, url, description, event_types, ordered, personal_data, max_concurrent, max_per_second, salt)
    SELECT gen_random_uuid(), id, 'https://client.example/', 'filled', '{}', false, false, 1, 10, 'salt' FROM clients LIMIT 1`
  await db.$executeRaw`
    INSERT INTO webhook_deliveries (endpoint_id, event_id, event_type, order_id, stream_version, state, attempts, created_at, ended_at)
    SELECT w.id, f.id, 'order.placed', f.id, 1, CASE WHEN f.n > 0.9 * total AND f.n % 10000 = 0 THEN 'given-up' ELSE 'delivered' END, 1, f.at, f.at
    FROM filled f, webhook_endpoints w, (SELECT max(n) AS total FROM filled) AS t`
}

const STEPS = [
  { step: 10, days: 1 },
  { step: 300, days: 31 },
  { step: 3_600, days: 31 },
]
const named = <One>(count: number, name: string, one: One) =>
  Object.fromEntries(Array.from({ length: count }, (_, nth) => [`${name}${nth}`, one]))

/** What the scheduler keeps of the past, for twenty reactions. */
export async function fillPast({ db }: System): Promise<void> {
  const histogram = Object.fromEntries(Array.from({ length: 12 }, (_, bucket) => [bucket + 8, 40]))
  const did = { critical: histogram, processing: histogram, repeated: 0, failed: 1, dead: 0 }
  const waits = { queued: 2, oldestMs: 20, replicas: 2, retrying: 1, blocked: 0, held: 0, dead: 500 }
  const figures = JSON.stringify({
    published: { 'order.placed': 120, ...named(8, 'test.event-', 120) },
    reactions: named(20, 'test.reaction-', did),
    spans: { confirmed: histogram, shipped: histogram },
    waiting: named(20, 'test.reaction-', waits),
  })
  for (const { step, days } of STEPS)
    await db.$executeRaw`
      INSERT INTO metric_rollups (step, at, figures)
      SELECT ${step}, to_timestamp(floor(extract(epoch FROM now()) / ${step}) * ${step} - n * ${step}), ${figures}::jsonb
      FROM generate_series(1, ${(days * 86_400) / step}::int) AS n ON CONFLICT DO NOTHING`
}
