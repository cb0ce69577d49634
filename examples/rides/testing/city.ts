import type { Reaction, RecordedEvent } from '#messaging'
import { attempt } from '#testing'
import { answerOffer } from '../domains/matching/answer-offer.ts'
import { lockDispatches } from '../domains/matching/dispatch-store.ts'
import { timeOutOffers } from '../domains/matching/time-out-offers.ts'
import { cancel, changeEta, complete, start } from '../domains/trip/decide.ts'
import { changeTrip } from '../domains/trip/decide-trips.ts'
import { expireTrips } from '../domains/trip/expire-trips.ts'
import { requestTrip } from '../domains/trip/request-trip.ts'
import { findTrip } from '../domains/trip/trip-store.ts'
import { isOver } from '../domains/trip/trip.ts'
import { REACTIONS } from './reactions.ts'
import type { RidesTest } from './rides-database.ts'
import { aWish } from './trips.ts'

export const ACTS = ['accept', 'decline', 'cancel', 'start', 'complete', 'timeOut', 'delay'] as const
export type Act = (typeof ACTS)[number]

interface Delivery {
  reaction: Reaction
  event: RecordedEvent
}

/** Trips without a broker: the deliveries that are on their way, and what riders and drivers can do. */
export class City {
  /** Deliveries of these reactions wait. */
  readonly down = new Set<string>()
  readonly #rides: RidesTest
  readonly #trips: string[] = []
  #pending: Delivery[] = []
  #delivered: Delivery[] = []
  #position = 0n

  constructor(rides: RidesTest) {
    this.#rides = rides
  }

  /** @param tokens how each of the trips is paid */
  async begin(drivers: readonly string[], tokens: readonly string[]) {
    this.#position = (await this.#rides.db.event.aggregate({ _max: { position: true } }))._max.position ?? 0n
    await this.#rides.addDrivers(...drivers)
    for (const token of tokens) {
      const wish = aWish()
      this.#trips.push(wish.tripId)
      await requestTrip(this.#rides.db, wish, token)
    }
    await this.#collect()
  }

  /** What was stored since comes to every reaction that is on it. */
  async #collect() {
    const rows = await this.#rides.db.event.findMany({
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
    const arriving = this.#pending.filter(({ reaction }) => !this.down.has(reaction.name))
    const delivery = arriving[choice % (arriving.length || 1)]
    if (!delivery) return
    this.#pending.splice(this.#pending.indexOf(delivery), 1)
    const { outcomes } = await attempt(this.#rides, delivery.reaction, delivery.event)
    if (outcomes[0]!.kind === 'handled' || outcomes[0]!.kind === 'duplicate') this.#delivered.push(delivery)
    else this.#pending.push(delivery)
    await this.#collect()
  }

  /** All that this reaction has handled. */
  async deliverAgainTo(name: string) {
    for (const delivery of this.#delivered.filter(({ reaction }) => reaction.name === name)) await this.#again(delivery)
  }

  async deliverAgain(choice: number) {
    const delivery = this.#delivered[choice % (this.#delivered.length || 1)]
    if (delivery) await this.#again(delivery)
  }

  async #again(delivery: Delivery) {
    const { outcomes } = await attempt(this.#rides, delivery.reaction, delivery.event)
    expect(outcomes).toMatchObject([{ kind: 'duplicate' }])
    await this.#collect()
  }

  async act(what: Act, choice: number) {
    const id = this.#trips[choice % this.#trips.length]!
    const trip = await findTrip(this.#rides.db, id)
    const driver = (await this.#rides.db.$transaction((tx) => lockDispatches(tx, [id]))).get(id)?.driverId ?? 'nobody'
    const acts: Record<Act, () => Promise<unknown>> = {
      accept: () => answerOffer(this.#rides.db, { tripId: id, driverId: driver, accepts: true }),
      decline: () => answerOffer(this.#rides.db, { tripId: id, driverId: driver, accepts: false }),
      cancel: () => changeTrip(this.#rides.db, id, cancel),
      start: () => changeTrip(this.#rides.db, id, start(trip?.driverId ?? 'nobody')),
      complete: () => changeTrip(this.#rides.db, id, complete(trip?.driverId ?? 'nobody')),
      delay: () => changeTrip(this.#rides.db, id, changeEta(trip?.driverId ?? 'nobody', (trip?.etaS ?? 0) + 120)),
      timeOut: async () => {
        await this.#rides.pool.query(
          `UPDATE dispatches SET answer_by = now() - interval '1 s' WHERE trip_id = $1 AND state = 'offered'`,
          [id],
        )
        await timeOutOffers(this.#rides.db, 10)
      },
    }
    await acts[what]().catch((error: Error) => {
      if (error.name !== 'Refusal') throw error
    })
    await this.#collect()
  }

  /** Everything arrives that can, and whoever is needed does his part, some times over. @returns what has become of the trips */
  async goOn(rounds = 6) {
    for (let round = 0; round < rounds; round++) {
      for (let left = this.#pending.length; left > 0; left--) await this.deliver(0)
      for (const nth of this.#trips.keys())
        for (const act of ['accept', 'start', 'complete'] as const) await this.act(act, nth)
    }
    const trips = await Promise.all(this.#trips.map((id) => findTrip(this.#rides.db, id)))
    return trips.map((trip) => trip!.status)
  }

  /** Until every trip is over and everything has arrived; what finds no driver expires. */
  async end() {
    for (let round = 0; round < 40; round++) {
      const statuses = await this.goOn(1)
      if (this.#pending.length === 0 && statuses.every(isOver)) return statuses
      if (round === 8) await expireTrips(this.#rides.db, { olderThanMs: 0, limit: 10 })
      await this.#collect()
    }
    const left = this.#pending.map(({ reaction, event }) => [reaction.name, event.type])
    throw new Error(`Not over: ${JSON.stringify(left)}`)
  }
}
