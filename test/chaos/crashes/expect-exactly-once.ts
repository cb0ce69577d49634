import { listProjections } from '#messaging'
import { deadline } from '#testing'
import { PRICE, RECEIVED, SKU, type TrialSystem } from '../world/trial-system.ts'

const QUANTITY = 2

/** Every effect that these orders (all of them, and no other was placed) must have had, exactly once. */
export async function expectExactlyOnce(system: TrialSystem, orders: number): Promise<void> {
  const amount = BigInt(orders * QUANTITY * PRICE)
  expect(await effects(system)).toEqual({
    orders,
    placed: orders,
    shipped: orders,
    stock: {
      received: RECEIVED,
      corrected: 0,
      onHand: RECEIVED - orders * QUANTITY,
      reserved: 0,
      shipped: orders * QUANTITY,
    },
    payments: [
      { kind: 'authorized', count: orders, amount },
      { kind: 'captured', count: orders, amount },
    ],
    gateway: {
      authorized: { count: orders, amount: Number(amount) },
      captured: { count: orders, amount: Number(amount) },
    },
    shipments: orders,
    sales: { placed: orders, confirmed: orders, revenue: amount },
    points: { orders, ...(await pointsBooked(system)) },
    mails: { wanted: 2 * orders, told: 2 * orders, sent: 2 * orders },
    deadLetters: 0,
  })
}

async function effects(system: TrialSystem) {
  const { db } = system
  const { GBP } = await system.gatewayTotals()
  const [stock] = await db.stock.findMany({ where: { sku: SKU }, omit: { sku: true } })
  const events = system.mails.map(({ source }) => /^X-Fanfare-Event: (\S+)/m.exec(source)?.[1])
  return {
    orders: await db.order.count(),
    placed: await db.event.count({ where: { type: 'order.placed' } }),
    shipped: await db.order.count({ where: { status: 'shipped' } }),
    stock,
    payments: await db.$queryRaw`
      SELECT kind, count(*)::int AS count, abs(sum(held + CASE kind WHEN 'captured' THEN 0 ELSE taken END))::bigint AS amount
      FROM payment_ledger GROUP BY kind ORDER BY kind`,
    gateway: { authorized: GBP?.['authorized'], captured: GBP?.['captured'] },
    shipments: await db.shipment.count(),
    sales: await salesOf(system),
    points: { orders: await db.loyaltyOrder.count(), ...(await pointsBooked(system)) },
    mails: { wanted: await mailsWanted(system), told: new Set(events).size, sent: events.length },
    deadLetters: await db.delivery.count({ where: { state: 'dead' } }),
  }
}

async function salesOf({ db }: TrialSystem) {
  await deadline('the projections are current', async () =>
    (await listProjections(db)).every(({ behind }) => behind === 0n),
  )
  const [sums] = await db.$queryRaw<object[]>`
    SELECT sum(placed)::int AS placed, sum(confirmed)::int AS confirmed, sum(revenue)::bigint AS revenue
    FROM projection_analytics_sales.by_country`
  return sums
}

async function pointsBooked({ db }: TrialSystem) {
  const [sums] = await db.$queryRaw<{ accounts: bigint; earned: bigint }[]>`
    SELECT (SELECT sum(points) FROM loyalty_accounts) AS accounts, (SELECT sum(points) FROM loyalty_orders) AS earned`
  expect(sums!.accounts).toBe(sums!.earned)
  return sums
}

const mailsWanted = ({ db }: TrialSystem) =>
  db.event.count({ where: { type: { in: ['order.confirmed', 'order.shipped'] } } })
