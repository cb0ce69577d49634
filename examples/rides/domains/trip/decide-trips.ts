import { append, lockStreams, readTails, type Append, type RecordedEvent } from '#messaging'
import type { Database, Transaction } from '#platform/database'
import { Refusal } from '#http'
import { tripStream } from '../../events/index.ts'
import type { Decide } from './decide.ts'
import { lockTrips, writeTrips } from './trip-store.ts'
import { evolve, type Trip, type TripFact } from './trip.ts'

/** What a decision adds to the stream of its trip, in the same transaction. */
export type Facts = readonly Pick<Append, 'event' | 'expectedVersion'>[]

/**
 * Lets trips decide on all that their streams tell by now, whatever event has led here: so it does not matter in which
 * order events arrive, or how often. Everybody who adds to a trip's stream waits until the transaction ends.
 * @returns the facts of each, to be appended as they are
 */
export async function decideTrips(
  tx: Transaction,
  ids: readonly string[],
  decide: Decide,
): Promise<Map<string, Facts>> {
  const rows = await lockTrips(tx, ids)
  const streams = new Map(rows.map(({ id, version }) => [tripStream({ tripId: id }), version]))
  await lockStreams(tx, [...streams.keys()])
  const tails = await readTails(tx, streams)
  const decided = rows.map((row) => {
    const now = fold(row, tails.get(tripStream({ tripId: row.id }))!)
    const facts = decide(now)
    return { trip: facts.reduce(evolve, now), version: now.version, facts }
  })
  await writeTrips(
    tx,
    decided.map(({ trip }) => trip),
  )
  return new Map(
    decided.map(({ trip, version, facts }) => [
      trip.id,
      facts.map((event, nth) => ({ event, expectedVersion: version + nth })),
    ]),
  )
}

const fold = (trip: Trip, tail: readonly RecordedEvent[]): Trip =>
  tail.reduce((state, { type, data }) => evolve(state, { type, data } as TripFact), trip)

/** One decision of a rider or a driver. @throws Refusal as `decide` does, and for a trip that is not there */
export async function changeTrip(db: Database, id: string, decide: Decide): Promise<void> {
  await db.$transaction(async (tx) => {
    const facts = (await decideTrips(tx, [id], decide)).get(id)
    if (!facts) throw new Refusal('not-found', 'trip-not-found', `There is no trip ${id}.`)
    await append(
      tx,
      facts.map((fact) => ({ ...fact, correlationId: id })),
    )
  })
}
