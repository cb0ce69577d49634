import type { Dice } from '../../../test/chaos/dice.ts'
import { metersBetween } from '../domains/city/cells.ts'
import { BOUNDS, PLACES } from '../domains/city/map/london.ts'
import type { Point } from '../events/index.ts'

/** How many come from or go to a place, against the others. */
const WEIGHTS: Readonly<Record<string, number>> = {
  Soho: 6,
  City: 5,
  Shoreditch: 4,
  'Canary Wharf': 3,
  Camden: 3,
  Westminster: 3,
  Kensington: 2,
}
/** Degrees within which most of them are. */
const SPREAD = 0.014

/** A place where people want to go: near one that is busy. The busy ones change with time, as in a city in the evening. */
export function somewhere(dice: Dice, seconds = 0): Point {
  const weighted = PLACES.map((place, nth) => ({
    place,
    weight: (WEIGHTS[place.name] ?? 1) * (1 + 0.8 * Math.sin(seconds / 45 + nth)),
  }))
  let left = dice.next() * weighted.reduce((sum, { weight }) => sum + weight, 0)
  const { place } = weighted.find(({ weight }) => (left -= weight) < 0) ?? weighted[0]!
  const [east, north] = [bell(dice) * SPREAD * 1.6, bell(dice) * SPREAD]
  return inside({ lat: place.lat + north, lng: place.lng + east })
}

const CHOICES = 3

/** Most people go no further than they must: of three places, the nearest. */
export function nearby(dice: Dice, from: Point, seconds = 0): Point {
  const places = Array.from({ length: CHOICES }, () => somewhere(dice, seconds))
  return places.toSorted((a, b) => metersBetween(from, a) - metersBetween(from, b))[0]!
}

/** Around 0, seldom beyond 2. */
const bell = (dice: Dice) => (dice.next() + dice.next() + dice.next() + dice.next() - 2) * 1.7

const MARGIN = 0.003

const inside = ({ lat, lng }: Point): Point => ({
  lat: Math.min(BOUNDS.north - MARGIN, Math.max(BOUNDS.south + MARGIN, lat)),
  lng: Math.min(BOUNDS.east - MARGIN, Math.max(BOUNDS.west + MARGIN, lng)),
})

const METERS_PER_DEGREE = 111_320

/** On the straight way to `goal`, so many meters further. */
export function towards(from: Point, goal: Point, meters: number): Point {
  const north = (goal.lat - from.lat) * METERS_PER_DEGREE
  const east = (goal.lng - from.lng) * METERS_PER_DEGREE * Math.cos((from.lat * Math.PI) / 180)
  const distance = Math.hypot(north, east)
  if (distance <= meters) return goal
  const share = meters / distance
  return { lat: from.lat + (goal.lat - from.lat) * share, lng: from.lng + (goal.lng - from.lng) * share }
}
