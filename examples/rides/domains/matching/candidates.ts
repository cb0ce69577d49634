import type { Database } from '#platform/database'
import type { Point } from '../../events/index.ts'
import { rideSeconds } from '../city/cells.ts'
import type { Positions } from '../city/positions.ts'
import { findSearch, freeAmong } from './dispatch-store.ts'

export interface Candidate {
  id: string
  etaS: number
}

const MOST = 20

/**
 * Drivers to ask, nearest first: free by what their phones say and by our books, and not asked before.
 * @returns undefined when nobody is to be asked any more
 */
export async function candidatesFor(
  db: Database,
  positions: Positions,
  { tripId, pickup }: { tripId: string; pickup?: Point },
): Promise<Candidate[] | undefined> {
  const search = await findSearch(db, tripId)
  if (search && search.state !== 'searching') return undefined
  const place = pickup ?? { lat: search!.lat!, lng: search!.lng! }
  const refused = search?.refusedBy ?? []
  const near = (await positions.near(place, MOST + refused.length)).filter(({ id }) => !refused.includes(id))
  const free = await freeAmong(
    db,
    near.map(({ id }) => id),
  )
  return near.filter(({ id }) => free.has(id)).map(({ id, meters }) => ({ id, etaS: rideSeconds(meters) }))
}
