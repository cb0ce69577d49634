import { OrderConfirmed, PaymentRefunded, PointsAwarded, PointsRevoked } from '#events'
import { defineReaction, type HandleContext, type RecordedOf } from '#messaging'

type Transaction = HandleContext<unknown>['tx']
type Fact = RecordedOf<typeof OrderConfirmed | typeof PaymentRefunded>

/** What one order has earned so far. A refund may arrive before the confirmation that says whose order it is. */
interface Earnings {
  orderId: string
  email: string | null
  currency: string | null
  /** Minor units, like refunded. */
  paid: number
  refunded: number
  points: number
}

/** One point for each whole currency unit that was paid and not refunded. */
export default defineReaction({
  name: 'loyalty.award-points',
  on: [OrderConfirmed, PaymentRefunded],
  lingerMs: 250,
  async handleBatch(events, { tx }) {
    const earnings = await lockEarnings(tx, events)
    const publications = events.map((event) => settle(earnings.get(event.data.orderId)!, event))
    await store(tx, [...earnings.values()])
    await addToAccounts(tx, publications)
    return publications
  },
})

function settle(earned: Earnings, event: Fact) {
  if (event.type === 'payment.refunded') earned.refunded += event.data.amount.amount
  else {
    earned.email = event.data.customer.email.trim().toLowerCase()
    earned.currency = event.data.total.currency
    earned.paid = event.data.total.amount
  }
  const { orderId, email, points: before } = earned
  earned.points = pointsFor(earned)
  const change = earned.points - before
  if (!email || change === 0) return null
  return change > 0
    ? PointsAwarded({ orderId, email, points: change })
    : PointsRevoked({ orderId, email, points: -change })
}

function pointsFor({ currency, paid, refunded }: Earnings): number {
  if (!currency) return 0
  const { maximumFractionDigits: digits = 2 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions()
  return Math.floor(Math.max(0, paid - refunded) / 10 ** digits)
}

async function lockEarnings(tx: Transaction, events: readonly Fact[]): Promise<Map<string, Earnings>> {
  const orderIds = [...new Set(events.map(({ data }) => data.orderId))]
  // The idle update locks the rows that are there already and returns them as well.
  const rows = await tx.$queryRaw<Earnings[]>`
    INSERT INTO loyalty_orders (order_id)
    SELECT order_id FROM unnest(${orderIds}::uuid[]) AS asked(order_id) ORDER BY order_id
    ON CONFLICT (order_id) DO UPDATE SET order_id = excluded.order_id
    RETURNING order_id AS "orderId", email, currency, paid::float8, refunded::float8, points`
  return new Map(rows.map((row) => [row.orderId, row]))
}

async function store(tx: Transaction, earnings: readonly Earnings[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE loyalty_orders AS o
    SET email = now.email, currency = now.currency, paid = now.paid, refunded = now.refunded, points = now.points
    FROM jsonb_to_recordset(${JSON.stringify(earnings)}::jsonb)
      AS now("orderId" uuid, email text, currency text, paid bigint, refunded bigint, points int)
    WHERE o.order_id = now."orderId"`
}

/** Orders were locked before, accounts are locked by email: batches that share customers cannot deadlock. */
async function addToAccounts(tx: Transaction, publications: readonly ReturnType<typeof settle>[]): Promise<void> {
  const changes = publications.flatMap((event) => {
    if (!event) return []
    const { email, points } = event.data
    return [{ email, points: event.type === 'points.awarded' ? points : -points }]
  })
  if (changes.length === 0) return
  await tx.$executeRaw`
    INSERT INTO loyalty_accounts AS a (email, points)
    SELECT email, sum(points) FROM jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) AS change(email text, points int)
    GROUP BY email ORDER BY email
    ON CONFLICT (email) DO UPDATE SET points = a.points + excluded.points`
}
