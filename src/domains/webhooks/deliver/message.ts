import { ownersOf } from '#domains/order'
import { orderOf, toPublic, type PublicEvent } from '#events'
import { readEventsById } from '#messaging'
import type { Database } from '#platform/database'
import type { Target } from '../endpoints.ts'

/**
 * What an endpoint is told of an event; undefined when the event is in an archive. Made for each attempt: of somebody who was forgotten
 * meanwhile nothing personal is sent, and no copy of it lies in a table.
 */
export async function messageFor(
  db: Database,
  { personalData }: Pick<Target, 'personalData'>,
  eventId: string,
): Promise<PublicEvent | undefined> {
  const [event] = await readEventsById(db, [eventId], { personal: personalData })
  if (!event) return undefined
  const orderId = orderOf(event.stream)
  const owner = (await ownersOf(db, [orderId])).get(orderId)
  return toPublic(event, owner?.test ?? false)
}
