import type { Dice } from '../../../test/chaos/dice.ts'
import type { Point } from '../events/index.ts'
import { somewhere, towards } from './city-plan.ts'
import type { RidesApi } from './rides-api.ts'

/** What the API says that a driver has in hand. */
export interface Work {
  tripId: string
  driverId: string
  state: 'offered' | 'accepted'
  status: string
  pickupLat: number
  pickupLng: number
  dropoffLat: number
  dropoffLng: number
}

/** Of a hundred offers, so many are declined, and so many never answered. */
const DECLINES = 0.1
const IGNORES = 0.04
/** So many trips get into traffic, and the rider is told of another arrival. */
const DELAYED = 0.12
const SLOW = 0.25

/**
 * A driver with a phone. What is to be done stands in the work that the API tells of, so a request without an answer is simply
 * made again with the next look.
 */
export class Driver {
  readonly id: string
  at: Point
  #dice: Dice
  #goal: Point
  #work: Work | undefined
  #busy = false
  #ignored: string | undefined
  #delayed: string | undefined

  constructor(id: string, dice: Dice) {
    this.id = id
    this.#dice = dice
    this.at = somewhere(dice)
    this.#goal = somewhere(dice)
  }

  get free(): boolean {
    return this.#work === undefined
  }

  /** @param meters that a car makes meanwhile */
  move(meters: number, seconds: number): void {
    const goal = this.#destination()
    this.at = towards(this.at, goal ?? this.#goal, goal ? meters : meters * SLOW)
    if (!goal && this.at === this.#goal) this.#goal = somewhere(this.#dice, seconds)
  }

  #destination(): Point | undefined {
    const work = this.#work
    if (!work || work.state === 'offered') return undefined
    return work.status === 'started'
      ? { lat: work.dropoffLat, lng: work.dropoffLng }
      : { lat: work.pickupLat, lng: work.pickupLng }
  }

  /** Looks at the phone. */
  async look(work: Work | undefined, api: RidesApi): Promise<void> {
    this.#work = work
    if (!work || this.#busy) return
    this.#busy = true
    try {
      await this.#do(work, api)
    } finally {
      this.#busy = false
    }
  }

  async #do(work: Work, api: RidesApi): Promise<void> {
    const { tripId, state, status } = work
    const post = (what: string, body: object) =>
      api.ask('POST', `/v1/trips/${tripId}/${what}`, { driverId: this.id, ...body })
    if (state === 'offered') return this.#answer(tripId, (accepts) => post('answer', { accepts }))
    if (status === 'confirmed' && this.#arrived()) return void (await post('start', {}))
    if (status === 'started' && this.#arrived()) return void (await post('complete', {}))
    if (status === 'confirmed' && this.#delayed !== tripId) {
      this.#delayed = tripId
      if (this.#dice.chance(DELAYED)) await post('eta', { etaS: this.#dice.between(420, 1_200) })
    }
  }

  async #answer(tripId: string, answer: (accepts: boolean) => Promise<unknown>): Promise<void> {
    if (this.#ignored === tripId) return
    const throws = this.#dice.next()
    if (throws < IGNORES) this.#ignored = tripId
    else await answer(throws >= IGNORES + DECLINES)
  }

  #arrived(): boolean {
    const goal = this.#destination()
    return goal !== undefined && this.at.lat === goal.lat && this.at.lng === goal.lng
  }
}
