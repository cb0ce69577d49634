import type { OpenDatabase } from '#platform/database'
import type { Kept } from '../../../test/chaos/promises/kept.ts'
import { deadLetters, unhandled } from '../../../test/chaos/promises/verify.ts'
import type { Subject, Visit, VisitOptions, World } from '../../../test/chaos/subject.ts'
import { plantKey } from '../../../src/api/index.ts'
import { auditRides } from '../audit/check.ts'
import { openRidesApi } from '../simulation/rides-api.ts'
import type { Asked } from '../simulation/rider.ts'
import { simulate, type Simulation } from '../simulation/simulate.ts'
import { members, migrateRides, NAMESPACE, ridesUrl, WORKERS } from '../system.ts'

const KEY = 'fanfare_chaos'
const DRIVERS = 500
/** Two relays, and two processes of what every trip waits for. */
const REPLICAS = { matching: 2, trip: 2, payment: 2 }
const all = () => {
  const [api, relay, ...others] = members(REPLICAS)
  return [api!, relay!, { ...relay!, name: 'relay 2' }, ...others]
}

/** The rides, as a run of chaos knows them. */
export const RIDES: Subject = {
  namespace: NAMESPACE,
  async migrate(postgres, folder) {
    const url = ridesUrl(postgres)
    await migrateRides(url, folder)
    return url
  },
  prepare: async ({ db }) => void (await plantKey(db, 'chaos', KEY)),
  names: () => all().map(({ name }) => name),
  member: (name) => all().find((member) => member.name === name)!,
  settings: { WORKERS, RIDES_ANSWER_MS: '3000', RIDES_EXPIRE_MS: '60000' },
  refusable: ['matching.match-driver', 'trip.advance-trip', 'notification.tell-rider'],
  visit: riding,
  open: openTrips,
}

async function openTrips(db: OpenDatabase['db']): Promise<number> {
  const [row] = await db.$queryRaw<{ open: number }[]>`
    SELECT (SELECT count(*) FROM trips WHERE status IN ('requested', 'confirmed', 'started', 'completed'))::int
      + (SELECT count(*) FROM drivers WHERE trip_id IS NOT NULL)::int AS open`
  return row!.open
}

/** Drivers stay until every trip is over: a rider is not left in the car. */
function riding({ apiUrl, database }: World, { orders, durationMs, seed }: VisitOptions): Visit {
  const tripsPerMinute = (orders * 60_000) / durationMs
  const api = openRidesApi(apiUrl, KEY)
  const city = simulate(api, { drivers: DRIVERS, tripsPerMinute, seed, durationMs, patienceMs: 90_000 })
  return {
    done: city.then(({ done }) => done),
    async end() {},
    leave: async () => (await city).stop(),
    verify: async () => verifyRides(database, await city),
    tell: async () => figures(database, await city),
  }
}

async function verifyRides({ db }: OpenDatabase, { asked }: Simulation): Promise<Kept[]> {
  const rows = await db.$queryRaw<{ id: string; status: string; riderId: string }[]>`
    SELECT id::text, status, rider_id AS "riderId" FROM trips`
  const trips = new Map(rows.map((trip) => [trip.id, trip]))
  const findings = await auditRides(db, { patienceMs: 1_000, list: 5 })
  return [
    { promise: 'every trip that was answered exists, for its rider', broken: missing(asked, trips) },
    {
      promise: 'nobody has asked in vain',
      broken: asked.flatMap((one) => (one.accepted ? [] : [`${one.tripId} was never answered`])),
    },
    { promise: 'a cancellation that was answered holds', broken: uncancelled(asked, trips) },
    { promise: 'every event was handled by every reaction on it', broken: await unhandled(db) },
    { promise: 'no message was given up', broken: await deadLetters(db) },
    ...findings.map(({ says, offenders }) => ({
      promise: says,
      broken: offenders.map(({ who, why }) => `${who}: ${why}`),
    })),
  ]
}

type Trips = ReadonlyMap<string, { status: string; riderId: string }>

const missing = (asked: readonly Asked[], trips: Trips) =>
  asked.flatMap(({ tripId, riderId, accepted }) =>
    !accepted || trips.get(tripId)?.riderId === riderId ? [] : [`${tripId} of ${riderId} is not there`],
  )

const uncancelled = (asked: readonly Asked[], trips: Trips) =>
  asked.flatMap(({ tripId, cancelled }) => {
    const status = trips.get(tripId)?.status
    return !cancelled || status === 'cancelled' ? [] : [`${tripId} is ${status}`]
  })

async function figures({ db }: OpenDatabase, { asked }: Simulation): Promise<string[]> {
  const rows = await db.$queryRaw<{ status: string; trips: number }[]>`
    SELECT status, count(*)::int AS trips FROM trips GROUP BY status ORDER BY status`
  const answered = asked.filter(({ accepted }) => accepted).length
  return [
    `riders          ${asked.length} asked, ${answered} were answered, with ${DRIVERS} drivers`,
    `trips           ${rows.map(({ status, trips }) => `${status}: ${trips}`).join(', ')}`,
  ]
}
