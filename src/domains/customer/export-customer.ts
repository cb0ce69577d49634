import { pointsOf } from '#domains/loyalty'
import { mailsAbout } from '#domains/notification'
import { ordersOfPerson, viewsOf } from '#domains/order'
import { orderStream } from '#events'
import { readStream } from '#messaging'
import type { Database } from '#platform/database'
import { personOf } from '#platform/sealing'

/** Everything that is known of a customer; undefined when nothing is. Archived events are not among it. */
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
  }
}

async function eventsOf(db: Database, orderIds: readonly string[]) {
  const events = []
  for (const orderId of orderIds)
    for (const { type, time, data } of await readStream(db, orderStream({ orderId })))
      events.push({ orderId, type, time: time.toISOString(), data })
  return events
}
