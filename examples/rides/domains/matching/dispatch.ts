/**
 * The search for a driver, one for each trip. A driver is in the hand of at most one: unique indexes on `dispatches.driver_id`
 * and `drivers.trip_id` see to that, whatever runs at once.
 */
export interface Dispatch {
  readonly tripId: string
  /** searching: somebody is to be asked. offered: one is asked. accepted: one has said yes. closed: the trip is over. */
  readonly state: 'searching' | 'offered' | 'accepted' | 'closed'
  readonly driverId: string | null
  readonly attempt: number
  readonly etaS: number | null
}

/** What a driver's answer comes to. `again`: it was given before; `late`: the offer is not open any more. */
export type Outcome = 'taken' | 'refused' | 'again' | 'late'

export function outcomeOf({ state, driverId }: Dispatch, driver: string, accepts: boolean): Outcome {
  if (driverId !== driver) return accepts ? 'late' : 'again'
  if (state === 'offered') return accepts ? 'taken' : 'refused'
  return state === 'accepted' && accepts ? 'again' : 'late'
}
