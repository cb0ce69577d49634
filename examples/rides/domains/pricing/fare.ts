import type { Money } from '../../events/index.ts'

/** Minor units: to begin with, for a kilometre, for a minute, and at least. */
const TARIFF = { base: 250, perKm: 115, perMinute: 20, least: 500 }
/** Fares end with a nought. */
const ROUND = 10

/** Percent of the usual fare. */
const USUAL = 100
const MOST = 300
const STEP = 10
/** Each request more for a free driver raises the fare by so many percent. */
const PER_REQUEST = 12

/**
 * What demand does to the fare: the usual one while there is a driver for each request, up to three times as much.
 * @param demand requests of the last minutes in the zone
 * @param supply free drivers in it now
 */
export function surgeOf(demand: number, supply: number): number {
  const beyond = Math.max(0, demand / Math.max(1, supply) - 1)
  const percent = USUAL + beyond * PER_REQUEST
  return Math.min(MOST, Math.round(percent / STEP) * STEP)
}

interface Ride {
  distanceM: number
  rideS: number
}

export function fareOf({ distanceM, rideS }: Ride, surge: number): Money {
  const { base, perKm, perMinute, least } = TARIFF
  const usual = base + (perKm * distanceM) / 1_000 + (perMinute * rideS) / 60
  const amount = Math.round((Math.max(least, usual) * surge) / USUAL / ROUND) * ROUND
  return { amount, currency: 'GBP' }
}
