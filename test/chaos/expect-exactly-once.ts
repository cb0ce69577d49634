import { PRICE, RECEIVED, SKU, type TrialShop } from './trial-shop.ts'

const QUANTITY = 2

/** Every effect that these orders (all of them, and no other was placed) must have had, exactly once. */
export async function expectExactlyOnce(shop: TrialShop, orders: number): Promise<void> {
  const amount = BigInt(orders * QUANTITY * PRICE)
  expect(await effects(shop)).toEqual({
    orders,
    placed: orders,
    shipped: orders,
    stock: { received: RECEIVED, onHand: RECEIVED - orders * QUANTITY, reserved: 0, shipped: orders * QUANTITY },
    payments: [
      { kind: 'authorized', count: orders, amount },
      { kind: 'captured', count: orders, amount },
    ],
    bank: {
      authorized: { count: orders, amount: Number(amount) },
      captured: { count: orders, amount: Number(amount) },
    },
    shipments: orders,
    sales: { placed: orders, confirmed: orders, revenue: amount },
    points: { orders, ...(await pointsBooked(shop)) },
    mails: { wanted: 2 * orders, told: 2 * orders, sent: 2 * orders },
    deadLetters: 0,
  })
}

async function effects(shop: TrialShop) {
  const { db } = shop
  const { GBP } = await shop.gatewayTotals()
  const [stock] = await db.stock.findMany({ where: { sku: SKU }, omit: { sku: true } })
  const events = shop.mails.map(({ source }) => /^X-Fanfare-Event: (\S+)/m.exec(source)?.[1])
  return {
    orders: await db.order.count(),
    placed: await db.event.count({ where: { type: 'order.placed' } }),
    shipped: await db.order.count({ where: { status: 'shipped' } }),
    stock,
    payments: await db.$queryRaw`
      SELECT kind, count(*)::int AS count, abs(sum(held + CASE kind WHEN 'captured' THEN 0 ELSE taken END))::bigint AS amount
      FROM payment_ledger GROUP BY kind ORDER BY kind`,
    bank: { authorized: GBP?.['authorized'], captured: GBP?.['captured'] },
    shipments: await db.shipment.count(),
    sales: (
      await db.$queryRaw<object[]>`
        SELECT sum(placed)::int AS placed, sum(confirmed)::int AS confirmed, sum(revenue)::bigint AS revenue FROM daily_sales`
    )[0],
    points: { orders: await db.loyaltyOrder.count(), ...(await pointsBooked(shop)) },
    mails: { wanted: await mailsWanted(shop), told: new Set(events).size, sent: events.length },
    deadLetters: await db.deadLetter.count(),
  }
}

async function pointsBooked({ db }: TrialShop) {
  const [sums] = await db.$queryRaw<{ accounts: bigint; earned: bigint }[]>`
    SELECT (SELECT sum(points) FROM loyalty_accounts) AS accounts, (SELECT sum(points) FROM loyalty_orders) AS earned`
  expect(sums!.accounts).toBe(sums!.earned)
  return sums
}

const mailsWanted = ({ db }: TrialShop) =>
  db.event.count({ where: { type: { in: ['order.confirmed', 'order.shipped'] } } })
