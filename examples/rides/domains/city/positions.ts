import type { Redis } from 'ioredis'
import { DependencyUnavailable } from '#messaging'
import type { Point } from '../../events/index.ts'
import { cellOf, cellsAround, metersBetween, zoneOfCell } from './cells.ts'

/** What a driver's phone says every second. */
export interface Position extends Point {
  id: string
  /** Waits for a trip. */
  free: boolean
}

/**
 * Where drivers are at this moment. Not events: of 500 positions a second nobody needs one that is two seconds old, nobody
 * replays them, and losing all of them costs a second. So Redis keeps the latest of each driver, and his H3 cell.
 */
export interface Positions {
  put(positions: readonly Position[]): Promise<void>
  /** Free drivers around a place, nearest first; at most `most`. */
  near(place: Point, most: number): Promise<{ id: string; meters: number }[]>
  /** Everybody, for the map. */
  all(): Promise<Position[]>
  /** Free drivers in each zone. */
  supply(): Promise<ReadonlyMap<string, number>>
  close(): void
}

/** A phone that says nothing for so long is off. */
const FRESH_MS = 10_000
/** Steps from the pickup's cell: first the neighbourhood, about 1.5 km, then further, then all of an inner city. */
const RINGS = [2, 5, 10]

type Kept = Position & { at: number }

/** Each of its functions throws DependencyUnavailable when Redis does not answer: a reaction then waits, and nothing counts as failed. */
export function createPositions(redis: Redis, { prefix = 'rides', now = Date.now } = {}): Positions {
  const [ALL, CELL] = [`${prefix}:drivers`, `${prefix}:cell:`]
  const isFresh = ({ at }: Kept) => now() - at < FRESH_MS
  const read = (values: readonly (string | null)[]) =>
    values.flatMap((text) => (text === null ? [] : [JSON.parse(text) as Kept])).filter(isFresh)
  const all = async () => read(await answered(redis.hvals(ALL)))

  async function freeIn(cells: readonly string[]): Promise<Kept[]> {
    const asked = redis.pipeline()
    for (const cell of cells) asked.smembers(CELL + cell)
    const ids = ((await answered(asked.exec())) ?? []).flatMap(([, members]) => (members ?? []) as string[])
    if (ids.length === 0) return []
    return read(await answered(redis.hmget(ALL, ...ids))).filter(({ free }) => free)
  }

  return {
    async put(positions) {
      if (positions.length === 0) return
      const before = await answered(redis.hmget(ALL, ...positions.map(({ id }) => id)))
      const change = redis.pipeline()
      positions.forEach((position, nth) => {
        const old = before[nth] ? cellOf(JSON.parse(before[nth]) as Kept) : undefined
        const cell = cellOf(position)
        if (old !== undefined && old !== cell) change.srem(CELL + old, position.id)
        change.sadd(CELL + cell, position.id)
        change.hset(ALL, position.id, JSON.stringify({ ...position, at: now() } satisfies Kept))
      })
      await answered(change.exec())
    },
    async near(place, most) {
      let found: Kept[] = []
      for (const steps of RINGS) {
        found = await freeIn(cellsAround(cellOf(place), steps))
        if (found.length >= most / 4) break
      }
      return found
        .map((driver) => ({ id: driver.id, meters: metersBetween(place, driver) }))
        .toSorted((a, b) => a.meters - b.meters)
        .slice(0, most)
    },
    all,
    async supply() {
      const counts = new Map<string, number>()
      for (const driver of await all()) {
        const zone = zoneOfCell(cellOf(driver))
        if (driver.free) counts.set(zone, (counts.get(zone) ?? 0) + 1)
      }
      return counts
    },
    close: () => redis.disconnect(),
  }
}

function answered<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((cause: Error) => {
    throw new DependencyUnavailable(`Redis does not answer: ${cause.message}`, { cause })
  })
}
