import type { Caller } from '#http'
import { uuidOf, uuidv7 } from '#platform/uuid'
import type { Booking, StoredBooking } from '../bookings.ts'
import { mergeLines } from '../reservation.ts'

export interface BookingRequest {
  caller: Caller
  traceparent: string | null
  header(name: string): string | undefined
}

export interface Wanted {
  id?: string | undefined
  lines: Booking['lines']
  reason?: string | undefined
}

export function toBooking({ id, lines, reason }: Wanted, { caller: { clientId }, header }: BookingRequest): Booking {
  const key = header('idempotency-key')
  const own = id ?? (key === undefined ? uuidv7() : uuidOf(JSON.stringify([clientId, key])))
  return { id: `${clientId}/${own}`, lines: mergeLines(lines), reason: reason ?? null }
}

export const asQuantities = <Body extends { lines: readonly { sku: string; change: number }[] }>(body: Body) => ({
  ...body,
  lines: body.lines.map(({ sku, change }) => ({ sku, quantity: change })),
})

/** Ids are the client's own; within, they stand behind its id. */
export const ownIdOf = ({ id }: Booking) => id.replace(/^[\da-f-]{36}\//, '')

const toView = ({ actor: by, at, ...booking }: StoredBooking) => ({
  id: ownIdOf(booking),
  by,
  at: at.toISOString(),
})

export const toReceipt = (booking: StoredBooking) => ({
  ...toView(booking),
  lines: booking.lines,
  reason: booking.reason,
})

export const toCorrection = (booking: StoredBooking) => ({
  ...toView(booking),
  lines: booking.lines.map(({ sku, quantity: change }) => ({ sku, change })),
  reason: booking.reason,
})
