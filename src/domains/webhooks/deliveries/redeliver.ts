import { z } from 'zod'
import { PUBLIC_TYPES } from '#events'
import { Refusal } from '#http'
import { readRows, row, type Database } from '#platform/database'
import { firstIdSince } from '#platform/uuid'
import type { Endpoint } from '../endpoints.ts'
import { insertDeliveries } from './queue-events.ts'

export interface Range {
  since: Date
  /** Events of this moment and later are left out. Undefined: none, also of a process whose clock is ahead. */
  until: Date | undefined
  known: 'undelivered' | 'all'
}

/** Events of one page, and how long one request goes on. */
const PAGE = 2_000
const WITHIN_MS = 2_500
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

const EventRow = row({ id: z.string(), type: z.string(), stream: z.string(), streamVersion: z.int() })

export interface Redelivered {
  /** Deliveries that are due now. */
  due: number
  /** Where to go on: the `since` of the next request; null when everything was looked at. */
  continueFrom: Date | null
}

/** Makes what happened in a time due again, also what was never queued because the endpoint was disabled or not there yet. */
export async function redeliverRange(db: Database, { id: endpointId }: Endpoint, range: Range): Promise<Redelivered> {
  const end = performance.now() + WITHIN_MS
  let due = 0
  let after = firstIdSince(range.since.getTime())
  const beyond = range.until ? firstIdSince(range.until.getTime()) : LAST_ID
  for (;;) {
    // In one transaction: no archive takes what was read before it is due.
    const events = await db.$transaction(async (tx) => {
      const events = await readRows(tx, EventRow)`
        SELECT id::text, type, stream, stream_version AS "streamVersion" FROM events
        WHERE id > ${after}::uuid AND id < ${beyond}::uuid
          AND position <= (SELECT coalesce(max(position), 0) FROM relay_checkpoints)
        ORDER BY id LIMIT ${PAGE}`
      const told = events.filter(({ type }) => PUBLIC_TYPES.includes(type))
      due += await insertDeliveries(tx, told, { endpointId, known: range.known })
      return events
    })
    const last = events.at(-1)
    if (!last || events.length < PAGE) return { due, continueFrom: null }
    if (performance.now() > end) return { due, continueFrom: madeAt(last.id) }
    after = last.id
  }
}

/** An id of version 7 begins with its time. */
const madeAt = (id: string) => new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16))

/** @throws Refusal when the endpoint's client has no such event, or the endpoint is not to get its type */
export async function redeliverOne(db: Database, { id: endpointId }: Endpoint, eventId: string): Promise<void> {
  const due = await db.$transaction(async (tx) => {
    const events = await readRows(tx, EventRow)`
      SELECT id::text, type, stream, stream_version AS "streamVersion" FROM events
      WHERE id = ${eventId}::uuid AND type = ANY(${PUBLIC_TYPES})`
    return insertDeliveries(tx, events, { endpointId, known: 'all' })
  })
  if (due > 0) return
  throw deliveryNotFound(eventId)
}

export const deliveryNotFound = (eventId: string) =>
  new Refusal('not-found', 'delivery-not-found', `There is no delivery of an event ${eventId} to this endpoint.`)
