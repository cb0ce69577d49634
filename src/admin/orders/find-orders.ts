import { findOrder, latestOrders, numberedOrders, numbersOf } from '#domains/order'
import { searchOrders } from '#domains/lookup'
import type { FoundOrders } from '../contract/index.ts'
import type { AdminNeeds } from '../needs.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const MOST = 20

/** What an operator has at hand is an id out of a log, or what a customer says; without words the latest are listed. */
export async function findForOperator(needs: AdminNeeds, words: string | undefined): Promise<FoundOrders> {
  if (words === undefined) return listLatest(needs)
  if (UUID.test(words)) return findById(needs, words.toLowerCase())
  const numbered = await numberedOrders(needs.db, words, MOST) // a search would also find FF-10010 for FF-1001, and first
  return numbered.length > 0 ? { orders: numbered.map(toView), found: 'order' } : findByWords(needs, words)
}

async function findById({ db }: AdminNeeds, id: string): Promise<FoundOrders> {
  const order = await findOrder(db, id)
  if (order) return { orders: [toView(order)], found: 'order' }
  const event = await db.event.findUnique({ where: { id }, select: { correlationId: true } })
  const delivery = event ? null : await db.delivery.findUnique({ where: { id }, select: { correlationId: true } })
  const orderId = event?.correlationId ?? delivery?.correlationId
  const of = orderId && UUID.test(orderId) ? await findOrder(db, orderId) : undefined
  return { orders: of ? [toView(of)] : [], found: event ? 'event' : delivery ? 'delivery' : 'words' }
}

async function findByWords({ db: store, projections }: AdminNeeds, words: string): Promise<FoundOrders> {
  const { result } = await projections.read('lookup.order-search', undefined, (db) =>
    searchOrders(db, words, { limit: MOST, owner: undefined }),
  )
  const numbers = await numbersOf(
    store,
    result.map(({ id }) => id),
  )
  const orders = result.map(({ id, status, total, currency, placedAt, name }) => ({
    id,
    number: numbers.get(id) ?? null,
    status,
    total: { amount: total, currency },
    placedAt: placedAt.toISOString(),
    customer: name,
  }))
  return { orders, found: 'words' }
}

const listLatest = async ({ db }: AdminNeeds): Promise<FoundOrders> => ({
  orders: (await latestOrders(db, MOST)).map(toView),
  found: 'latest',
})

type Order = NonNullable<Awaited<ReturnType<typeof findOrder>>>

const toView = ({ id, number, status, total, placedAt, customer }: Order): FoundOrders['orders'][number] => ({
  id,
  number: number ?? null,
  status,
  total,
  placedAt: placedAt.toISOString(),
  customer: customer.name,
})
