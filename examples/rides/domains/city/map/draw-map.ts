import { cellToBoundary, polygonToCells } from 'h3-js'
import { BOUNDS, PARKS, PLACES, STREETS, THAMES } from './london.ts'

const ZONE = 7

/** What the page draws under the cars: no tiles of anybody, no request to anybody. */
export function drawMap() {
  const { west, south, east, north } = BOUNDS
  const corners: [number, number][] = [
    [south, west],
    [south, east],
    [north, east],
    [north, west],
  ]
  const zones = polygonToCells(corners, ZONE).map((cell) => ({ cell, shape: cellToBoundary(cell, true) }))
  return { bounds: BOUNDS, zones, river: THAMES, parks: PARKS, streets: STREETS, places: PLACES }
}
