// Two trips and two drivers: every delivery arrives when fast-check says so, often twice, while riders and drivers do what
// they like. Many more runs: RIDES_RUNS=500 npm test -- rides/test/every-order
import fc from 'fast-check'
import type { Reaction, RecordedEvent } from '#messaging'
import { attempt } from '#testing'
import { answerOffer } from '../domains/matching/answer-offer.ts'
import { lockDispatches } from '../domains/matching/dispatch-store.ts'
import { timeOutOffers } from '../domains/matching/time-out-offers.ts'
import { cancel, complete, start } from '../domains/trip/decide.ts'
import { changeTrip } from '../domains/trip/decide-trips.ts'
import { expireTrips } from '../domains/trip/expire-trips.ts'
import { requestTrip } from '../domains/trip/request-trip.ts'
import { findTrip } from '../domains/trip/trip-store.ts'
import { isOver } from '../domains/trip/trip.ts'
import { wrongRides } from '../audit/check.ts'
import { ridesTest, type RidesTest } from '../testing/rides-database.ts'
import { aWish } from '../testing/trips.ts'
import { REACTIONS } from '../testing/reactions.ts'

const RUNS = Number(process.env['RIDES_RUNS'] ?? 5)

let rides: RidesTest
beforeAll(async () => (rides = await ridesTest()))
afterAll(() => rides.close())

interface Delivery {
  reaction: Reaction
  event: RecordedEvent
}

/** One run: the deliveries that are on their way, and what riders and drivers can do. */
class City {
  readonly #trips: string[] = []
  #pending: Delivery[] = []
  #delivered: Delivery[] = []
  #position = 0n

  async begin(drivers: readonly string[]) {
    this.#position = (await rides.db.event.aggregate({ _max: { position: true } }))._max.position ?? 0n
    await rides.addDrivers(...drivers)
    for (const token of ['pm_card_visa', 'pm_card_chargeDeclined']) {
      const wish = aWish()
      this.#trips.push(wish.tripId)
      await requestTrip(rides.db, wish, token)
    }
    await this.#collect()
  }

  /** What was stored since comes to every reaction that is on it. */
  async #collect() {
    const rows = await rides.db.event.findMany({
      where: { position: { gt: this.#position } },
      orderBy: { position: 'asc' },
    })
    this.#position = rows.at(-1)?.position ?? this.#position
    for (const { occurredAt: time, position: _, publishedBy: __, ...row } of rows)
      for (const reaction of REACTIONS)
        if (reaction.on.some(({ type }) => type === row.type)) this.#pending.push({ reaction, event: { ...row, time } })
  }

  /** Delivers one of those on their way; what is not handled comes again. */
  async deliver(choice: number) {
    const [delivery] = this.#pending.splice(choice % (this.#pending.length || 1), 1)
    if (!delivery) return
    const { outcomes } = await attempt(rides, delivery.reaction, delivery.event)
    if (outcomes[0]!.kind === 'handled' || outcomes[0]!.kind === 'duplicate') this.#delivered.push(delivery)
    else this.#pending.push(delivery)
    await this.#collect()
  }

  async deliverAgain(choice: number) {
    const delivery = this.#delivered[choice % (this.#delivered.length || 1)]
    if (!delivery) return
    const { outcomes } = await attempt(rides, delivery.reaction, delivery.event)
    expect(outcomes).toMatchObject([{ kind: 'duplicate' }])
    await this.#collect()
  }

  async act(what: Act, choice: number) {
    const id = this.#trips[choice % this.#trips.length]!
    const trip = await findTrip(rides.db, id)
    const driver = (await rides.db.$transaction((tx) => lockDispatches(tx, [id]))).get(id)?.driverId ?? 'nobody'
    const acts: Record<Act, () => Promise<unknown>> = {
      accept: () => answerOffer(rides.db, { tripId: id, driverId: driver, accepts: true }),
      decline: () => answerOffer(rides.db, { tripId: id, driverId: driver, accepts: false }),
      cancel: () => changeTrip(rides.db, id, cancel),
      start: () => changeTrip(rides.db, id, start(trip?.driverId ?? 'nobody')),
      complete: () => changeTrip(rides.db, id, complete(trip?.driverId ?? 'nobody')),
      timeOut: async () => {
        await rides.pool.query(
          `UPDATE dispatches SET answer_by = now() - interval '1 s' WHERE trip_id = $1 AND state = 'offered'`,
          [id],
        )
        await timeOutOffers(rides.db, 10)
      },
    }
    await acts[what]().catch((error: Error) => {
      if (error.name !== 'Refusal') throw error
    })
    await this.#collect()
  }

  /** Everything arrives, and whoever is needed does his part; what finds no driver expires. */
  async end() {
    for (let round = 0; round < 40; round++) {
      for (let left = this.#pending.length; left > 0; left--) await this.deliver(0)
      const trips = await Promise.all(this.#trips.map((id) => findTrip(rides.db, id)))
      if (this.#pending.length === 0 && trips.every((trip) => isOver(trip!.status))) return trips
      for (const nth of this.#trips.keys())
        for (const act of ['accept', 'start', 'complete'] as const) await this.act(act, nth)
      if (round === 8) await expireTrips(rides.db, { olderThanMs: 0, limit: 10 })
      await this.#collect()
    }
    throw new Error(
      `Not over: ${JSON.stringify(this.#pending.map(({ reaction, event }) => [reaction.name, event.type]))}`,
    )
  }
}

const ACTS = ['accept', 'decline', 'cancel', 'start', 'complete', 'timeOut'] as const
type Act = (typeof ACTS)[number]

type Step =
  { kind: 'deliver'; choice: number } | { kind: 'again'; choice: number } | { kind: 'act'; act: Act; choice: number }

const choice = fc.nat(1_000)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('deliver' as const), choice }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), choice }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('act' as const), act: fc.constantFrom(...ACTS), choice }) },
)

let runs = 0

async function play(steps: readonly Step[]) {
  runs++
  const city = new City()
  await city.begin([`ada-${runs}`, `bob-${runs}`])
  for (const one of steps) {
    if (one.kind === 'deliver') await city.deliver(one.choice)
    else if (one.kind === 'again') await city.deliverAgain(one.choice)
    else await city.act(one.act, one.choice)
  }
  await city.end()
  expect(await wrongRides(rides.db)).toEqual([])
  await rides.positions.put([`ada-${runs}`, `bob-${runs}`].map((id) => ({ id, lat: 0, lng: 0, free: false })))
}

test('in whatever order and however often events arrive, every trip ends in one legal state with one fare', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 35 }), play), {
    numRuns: RUNS,
    endOnFailure: true,
  })
})
