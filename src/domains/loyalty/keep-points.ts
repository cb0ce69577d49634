import { z } from 'zod'
import { readRows, row, type Transaction } from '#platform/database'
import { changeOf, evolve, type Earnings, type PointsChange, type PointsFact } from './earnings.ts'

/**
 * Lets facts about many orders take effect on what the orders have earned and on their customers' accounts; one change of
 * points for each, or none. Orders are locked first and accounts last, each in ascending order and in one statement, so
 * that batches that share customers wait for each other and never deadlock.
 */
export async function keepPoints(tx: Transaction, facts: readonly PointsFact[]): Promise<(PointsChange | null)[]> {
  const earnings = await lockEarnings(tx, new Set(facts.map(({ data }) => data.orderId)))
  const changes = facts.map((fact) => {
    const before = earnings.get(fact.data.orderId)!
    const next = evolve(before, fact)
    earnings.set(next.orderId, next)
    return changeOf(before, next)
  })
  await save(tx, [...earnings.values()])
  await addToAccounts(
    tx,
    changes.flatMap((change) => (change ? [{ ...change, person: earnings.get(change.data.orderId)!.person! }] : [])),
  )
  return changes
}

const EarningsRow = row({
  orderId: z.string(),
  person: z.string().nullable(),
  currency: z.string().nullable(),
  paid: z.number(),
  refunded: z.number(),
  points: z.int(),
})

async function lockEarnings(tx: Transaction, orderIds: ReadonlySet<string>): Promise<Map<string, Earnings>> {
  // The idle update locks the rows that are there already and returns them as well.
  const rows = await readRows(tx, EarningsRow)`
    INSERT INTO loyalty_orders (order_id)
    SELECT order_id FROM unnest(${[...orderIds]}::uuid[]) AS asked(order_id) ORDER BY order_id
    ON CONFLICT (order_id) DO UPDATE SET order_id = excluded.order_id
    RETURNING order_id AS "orderId", person, currency, paid::float8, refunded::float8, points`
  return new Map(rows.map((row) => [row.orderId, row]))
}

async function save(tx: Transaction, earnings: readonly Earnings[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE loyalty_orders AS o
    SET person = now.person, currency = now.currency, paid = now.paid, refunded = now.refunded, points = now.points
    FROM jsonb_to_recordset(${JSON.stringify(earnings)}::jsonb)
      AS now("orderId" uuid, person text, currency text, paid bigint, refunded bigint, points int)
    WHERE o.order_id = now."orderId"`
}

type AccountChange = PointsChange & { person: string }

async function addToAccounts(tx: Transaction, changes: readonly AccountChange[]): Promise<void> {
  if (changes.length === 0) return
  const rows = changes.map(({ type, person, data: { points } }) => ({
    person,
    points: type === 'points.awarded' ? points : -points,
  }))
  await tx.$executeRaw`
    INSERT INTO loyalty_accounts AS a (person, points)
    SELECT person, sum(points) FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS change(person text, points int)
    GROUP BY person ORDER BY person
    ON CONFLICT (person) DO UPDATE SET points = a.points + excluded.points`
}
