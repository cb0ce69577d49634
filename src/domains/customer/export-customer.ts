import { pointsOf } from '#domains/loyalty'
import { mailsAbout } from '#domains/notification'
import { archivesOfOrder, ordersOfPerson, viewsOf, type OrderOfPerson } from '#domains/order'
import { orderStream } from '#events'
import { readStream } from '#messaging'
import type { Database } from '#platform/database'
import { personOf } from '#platform/sealing'

/** Everything that is known of a customer; undefined when nothing is. Of archived events it says where they lie: `archives`. */
export async function exportCustomer(db: Database, email: string) {
  const person = await personOf(db, email)
  if (person === undefined) return undefined
  const orders = await ordersOfPerson(db, person)
  const ids = orders.map(({ id }) => id)
  return {
    email: email.trim().toLowerCase(),
    person,
    points: await pointsOf(db, person),
    orders: await viewsOf(db, orders),
    mails: await mailsAbout(db, ids),
    events: await eventsOf(db, ids),
    archives: await archivesOf(db, orders),
  }
}

/** Each once. */
async function archivesOf(db: Database, orders: readonly OrderOfPerson[]) {
  const places = new Map<string, { name: string; place: string }>()
  for (const order of orders) for (const one of await archivesOfOrder(db, order)) places.set(one.name, one)
  return [...places.values()]
}

async function eventsOf(db: Database, orderIds: readonly string[]) {
  const events = []
  for (const orderId of orderIds)
    for (const { type, time, data } of await readStream(db, orderStream({ orderId })))
      events.push({ orderId, type, time: time.toISOString(), data })
  return events
}
