import { setTimeout as wait } from 'node:timers/promises'
import { forgetWords } from '#domains/lookup'
import { deletedOrdersOfPerson, ordersOfPerson, type OrderOfPerson } from '#domains/order'
import { Refused } from '#messaging'
import type { Database } from '#platform/database'
import {
  destroyKey,
  markSwept,
  personOf,
  REMEMBERED_MS,
  sweepReadModels,
  unsweptPersons,
  type Forgetting,
} from '#platform/sealing'

/** What it would mean to forget a customer. */
export interface ForgettingPlan {
  readonly person: string
  readonly orders: readonly OrderOfPerson[]
  /** Deliveries about these orders that wait, or are given up: what they still need of the customer is gone afterwards. */
  readonly unsettled: number
}

/** @returns undefined when nothing is known of them: they were forgotten, or never ordered */
export async function planForgetting(db: Database, email: string): Promise<ForgettingPlan | undefined> {
  const person = await personOf(db, email)
  if (person === undefined) return undefined
  const orders = await ordersOfPerson(db, person)
  const unsettled = await db.delivery.count({
    where: {
      correlationId: { in: orders.map(({ id }) => id) },
      state: { in: ['retrying', 'blocked', 'held', 'dead'] },
    },
  })
  return { person, orders, unsettled }
}

/**
 * Forgets a customer for good: their key is destroyed, so that nothing of theirs can be opened in tables, queues, archives or
 * backups. Orders, money and stock stay. Returns when no process of the system remembers the key any more, and read models
 * have nothing left that was made of their data.
 * @returns what stands for them in all tables; undefined when nothing is known of them
 * @throws Refused while an order needs their name and address
 */
export async function forgetCustomer(db: Database, forgetting: Forgetting): Promise<string | undefined> {
  const person = await db.$transaction(async (tx) => {
    const found = await destroyKey(tx, forgetting)
    if (found !== undefined) refuseOpen(await ordersOfPerson(tx, found))
    return found
  })
  if (person !== undefined) await wait(REMEMBERED_MS)
  await sweepForgotten(db)
  return person
}

function refuseOpen(orders: readonly OrderOfPerson[]) {
  const open = orders.filter(({ isOpen }) => isOpen)
  if (open.length === 0) return
  const named = open.slice(0, 5).map(({ id, status }) => `${id} is ${status}`)
  const more = open.length > named.length ? ` and ${open.length - named.length} more` : ''
  throw new Refused(
    `Their name and address are still needed: ${named.join(', ')}${more}. Cancel what is not shipped, or wait until it is delivered.`,
  )
}

/** Takes traces of the forgotten out of read models, also of those whose forgetting was interrupted here. */
export async function sweepForgotten(db: Database): Promise<void> {
  if ((await unsweptPersons(db)).length > 0)
    await sweepReadModels(db, async (tx) => {
      for (const person of await unsweptPersons(tx)) {
        // Of deleted ones there are words again where a read model was rebuilt from restored events.
        const orders = [...(await ordersOfPerson(tx, person)), ...(await deletedOrdersOfPerson(tx, person))]
        await forgetWords(
          tx,
          orders.map(({ id }) => id),
        )
        await markSwept(tx, [person])
      }
    })
  // The key itself must not lie in a dead row either.
  await db.$executeRaw`VACUUM personal_keys`
}
