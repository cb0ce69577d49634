import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Dice } from '../../../test/chaos/dice.ts'
import { nearby, somewhere } from './city-plan.ts'
import type { RidesApi } from './rides-api.ts'

const RIDERS = 50_000
/** Some programs ask for trips all day long, for nobody. */
const BOTS = 12
const BOT_SHARE = 0.01
const CANCELS = 0.06
const TOKENS: readonly [token: string, share: number][] = [
  ['pm_card_visa', 0.93],
  ['pm_card_chargeDeclinedInsufficientFunds', 0.04],
  ['pm_sandbox_flaky', 0.03],
]

/** What a rider knows at the end. */
export interface Asked {
  tripId: string
  riderId: string
  /** The API has said that it is looked for a driver. */
  accepted: boolean
  /** Answered that it is cancelled. */
  cancelled: boolean
}

/** Asks for a trip until there is an answer, and sometimes does not want it any more. */
export async function ride(api: RidesApi, dice: Dice, seconds: number, patienceMs: number): Promise<Asked> {
  const tripId = randomUUID() // not of the seed: a second run with it asks for trips of its own
  const riderId = dice.chance(BOT_SHARE) ? `bot-${dice.between(1, BOTS)}` : `rider-${dice.between(1, RIDERS)}`
  const asked: Asked = { tripId, riderId, accepted: false, cancelled: false }
  const pickup = somewhere(dice, seconds)
  const wish = {
    riderId,
    city: 'london',
    pickup,
    dropoff: nearby(dice, pickup, seconds + 90),
    payment: { token: tokenOf(dice.next()) },
  }
  const cancelAfterMs = dice.chance(CANCELS) ? dice.between(500, 15_000) : undefined
  const end = performance.now() + patienceMs
  for (let pause = 250; !asked.accepted && performance.now() < end; pause = Math.min(2_000, pause * 2)) {
    const { status } = await api.ask('PUT', `/v1/trips/${tripId}`, wish)
    asked.accepted = status === 200 || status === 202
    if (!asked.accepted) await wait(pause)
  }
  if (cancelAfterMs !== undefined && asked.accepted) {
    await wait(cancelAfterMs)
    asked.cancelled = (await api.ask('POST', `/v1/trips/${tripId}/cancel`)).status === 200
  }
  return asked
}

function tokenOf(share: number): string {
  let left = share
  return TOKENS.find(([, weight]) => (left -= weight) < 0)?.[0] ?? TOKENS[0]![0]
}
