import { cellToParent, greatCircleDistance, gridDisk, latLngToCell, UNITS } from 'h3-js'
import type { Point } from '../../events/index.ts'

/** Hexagons of about 0.7 km²: where drivers are looked for. */
const NEAR = 8
/** Hexagons of about 5 km²: where demand and supply meet, and the fare follows. */
const ZONE = 7

export const cellOf = ({ lat, lng }: Point): string => latLngToCell(lat, lng, NEAR)

export const zoneOf = ({ lat, lng }: Point): string => latLngToCell(lat, lng, ZONE)

export const zoneOfCell = (cell: string): string => cellToParent(cell, ZONE)

/** The cell and those around it, up to so many steps away. */
export const cellsAround = (cell: string, steps: number): string[] => gridDisk(cell, steps)

/** Meters, as the crow flies. */
export const metersBetween = (a: Point, b: Point): number =>
  Math.round(greatCircleDistance([a.lat, a.lng], [b.lat, b.lng], UNITS.m))

/** Streets are a third longer than the straight line, and a car in the city makes 7 m/s. */
const DETOUR = 1.3
const METERS_PER_SECOND = 7

export const rideMeters = (a: Point, b: Point): number => Math.round(metersBetween(a, b) * DETOUR)

export const rideSeconds = (meters: number): number => Math.round(meters / METERS_PER_SECOND)
