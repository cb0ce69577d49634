import { testDatabase, type TestDatabase } from '#testing'
import { ridesDatabase } from '../testing/rides-database.ts'

let rides: TestDatabase
let shop: TestDatabase
beforeAll(async () => {
  ;[rides, shop] = await Promise.all([ridesDatabase(), testDatabase()])
})
afterAll(() => Promise.all([rides.close(), shop.close()]))

type Shape = Record<string, string>

/** Columns, indexes, constraints and triggers of each table, as text. */
async function shapesOf({ pool }: TestDatabase): Promise<Shape> {
  const { rows } = await pool.query<{ name: string; shape: string }>(`
    SELECT c.relname AS name, concat_ws(E'\\n',
      (SELECT string_agg(format('%s %s %s', attname, format_type(atttypid, atttypmod), attnotnull), E'\\n' ORDER BY attname)
        FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
      (SELECT string_agg(indexdef, E'\\n' ORDER BY indexname) FROM pg_indexes WHERE tablename = c.relname),
      (SELECT string_agg(pg_get_constraintdef(oid), E'\\n' ORDER BY conname) FROM pg_constraint WHERE conrelid = c.oid),
      (SELECT string_agg(pg_get_triggerdef(oid), E'\\n' ORDER BY tgname) FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal)
    ) AS shape
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations'`)
  return Object.fromEntries(rows.map(({ name, shape }) => [name, shape]))
}

/** Where this fails, a migration has changed the core: prisma/core-migrations.ts says what to do. */
test('the tables of the core are those of the shop, and nothing else of the shop is there', async () => {
  const [ours, theirs] = await Promise.all([shapesOf(rides), shapesOf(shop)])
  const shared = Object.keys(ours).filter((name) => name in theirs)
  for (const name of shared) expect([name, ours[name]]).toEqual([name, theirs[name]])
  expect(shared).toEqual(
    expect.arrayContaining(['events', 'streams', 'handled_events', 'deliveries', 'leases', 'projections']),
  )
  expect(ours).not.toHaveProperty('orders')
  const core = [
    'archives',
    'broker_markers',
    'delivery_history',
    'operator_actions',
    'reconcile_state',
    'relay_checkpoints',
    'subscriptions',
  ]
  expect(shared).toEqual(expect.arrayContaining(core))
})

describe('the database itself refuses', () => {
  const ada = 'ada'
  beforeAll(() => rides.pool.query(`INSERT INTO drivers VALUES ('ada'), ('bob')`))
  const trip = (nth: number) => `00000000-0000-4000-8000-00000000000${nth}`
  const offer = (nth: number) =>
    rides.pool.query(
      `INSERT INTO dispatches (trip_id, state, driver_id, answer_by, pickup_lat, pickup_lng) VALUES ($1, 'offered', $2, now(), 0, 0)`,
      [trip(nth), ada],
    )

  test('a driver with two trips', async () => {
    await offer(1)
    await expect(offer(2)).rejects.toThrow('dispatches_driver')
  })

  test('a trip with two drivers', async () => {
    await rides.pool.query(`UPDATE drivers SET trip_id = $1 WHERE id = 'ada'`, [trip(1)])
    await expect(rides.pool.query(`UPDATE drivers SET trip_id = $1 WHERE id = 'bob'`, [trip(1)])).rejects.toThrow(
      'drivers_trip_id_key',
    )
  })

  test('a trip under way without a driver and a fare', async () => {
    const insert = `INSERT INTO trips (id, rider_id, city, zone, pickup_lat, pickup_lng, dropoff_lat, dropoff_lng, distance_m, ride_s, version, status)
      VALUES ($1, 'r', 'london', 'z', 0, 0, 0, 0, 1, 1, 1, 'started')`
    await expect(rides.pool.query(insert, [trip(3)])).rejects.toThrow('check constraint')
  })
})
