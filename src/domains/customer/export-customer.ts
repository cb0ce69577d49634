import { pointsOf } from '#domains/loyalty'
import { mailsAbout } from '#domains/notification'
import { archivesOfOrder, deletedOrdersOfPerson, ordersOfPerson, viewsOf } from '#domains/order'
import { orderStream } from '#events'
import { ArchiveRefused, readArchived, readStream, type RecordedEvent } from '#messaging'
import type { Database } from '#platform/database'
import { personOf } from '#platform/sealing'

interface Archive {
  name: string
  place: string
  /** Why its events are missing. */
  unread?: string
}

/** Everything that is known of a customer, from archives too; undefined when nothing is. */
export async function exportCustomer(db: Database, email: string) {
  const person = await personOf(db, email)
  if (person === undefined) return undefined
  const orders = await ordersOfPerson(db, person)
  const deleted = await deletedOrdersOfPerson(db, person)
  const ids = [...deleted, ...orders].map(({ id }) => id)
  const archives = await archivesOf(db, [...deleted, ...orders])
  const events = await eventsOf(db, ids, archives)
  return {
    email: email.trim().toLowerCase(),
    person,
    points: await pointsOf(db, person),
    orders: await viewsOf(db, orders),
    deletedOrders: deleted.map(({ id, status, placedAt, deletedAt }) => ({ id, status, placedAt, deletedAt })),
    mails: await mailsAbout(db, ids),
    events,
    archives,
  }
}

/** Each once. */
async function archivesOf(db: Database, orders: readonly Parameters<typeof archivesOfOrder>[1][]) {
  const places = new Map<string, Archive>()
  for (const order of orders) for (const one of await archivesOfOrder(db, order)) places.set(one.name, one)
  return [...places.values()]
}

/** Order by order, from what lies in archives and in the store; an archive that cannot be read is told why. */
async function eventsOf(db: Database, orderIds: readonly string[], archives: readonly Archive[]) {
  const streams = new Map(orderIds.map((orderId) => [orderStream({ orderId }), new Map<number, RecordedEvent>()]))
  const keep = (event: RecordedEvent) => streams.get(event.stream)!.set(event.streamVersion, event)
  for (const archive of archives)
    try {
      for (const event of await readArchived(db, archive.place, new Set(streams.keys()))) keep(event)
    } catch (error) {
      if (!(error instanceof ArchiveRefused)) throw error
      archive.unread = error.message
    }
  for (const stream of streams.keys()) for (const event of await readStream(db, stream)) keep(event)
  return [...streams.values()].flatMap((events, index) =>
    [...events.values()]
      .toSorted((a, b) => a.streamVersion - b.streamVersion)
      .map(({ type, time, data }) => ({ orderId: orderIds[index]!, type, time: time.toISOString(), data })),
  )
}
