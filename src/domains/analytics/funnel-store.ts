import { z } from 'zod'
import type { ProjectionTransaction } from '#messaging'
import { readRows, row } from '#platform/database'
import { bucketOf, move, type FunnelFact, type Moving, type Step } from './funnel.ts'

export const FUNNEL_TABLES = [
  // Orders that may still move on.
  `CREATE TABLE moving (order_id uuid PRIMARY KEY, state text NOT NULL, since bigint NOT NULL, day date NOT NULL,
    left_to_ship int NOT NULL, under_way jsonb NOT NULL) WITH (fillfactor = 70)`,
  // By the day of placing; how long orders were in the state before, in buckets of its logarithm.
  `CREATE TABLE steps (
    day date, from_state text, to_state text, bucket smallint, orders int NOT NULL, ms bigint NOT NULL,
    PRIMARY KEY (day, from_state, to_state, bucket)
  )`,
]

/** Moves orders on: one read, one write to each table. */
export async function applyToFunnel(facts: readonly FunnelFact[], tx: ProjectionTransaction): Promise<void> {
  const before = await readMoving(tx, [...new Set(facts.map(({ data }) => data.orderId))])
  const now = new Map<string, Moving | undefined>(before)
  const steps: Step[] = []
  for (const fact of facts) {
    const { order, step } = move(now.get(fact.data.orderId), fact)
    now.set(fact.data.orderId, order)
    if (step) steps.push(step)
  }
  const ended = [...before.keys()].filter((id) => now.get(id) === undefined)
  const moved = [...now.values()].filter((order) => order && order !== before.get(order.orderId))
  await writeMoving(tx, ended, moved as Moving[])
  await addSteps(tx, steps)
}

const MovingRow = row({
  orderId: z.string(),
  state: z.string(),
  since: z.number(),
  day: z.string(),
  left: z.int(),
  underWay: z.array(z.string()),
})

async function readMoving(tx: ProjectionTransaction, ids: readonly string[]): Promise<Map<string, Moving>> {
  const rows = await readRows(tx, MovingRow)`
    SELECT order_id AS "orderId", state, since::float8, day::text, left_to_ship AS "left", under_way AS "underWay" FROM moving WHERE order_id = ANY(${ids}::uuid[])`
  return new Map(rows.map((one) => [one.orderId, one]))
}

async function writeMoving(tx: ProjectionTransaction, ended: readonly string[], moved: readonly Moving[]) {
  if (ended.length > 0) await tx.$executeRaw`DELETE FROM moving WHERE order_id = ANY(${ended}::uuid[])`
  if (moved.length === 0) return
  await tx.$executeRaw`
    INSERT INTO moving (order_id, state, since, day, left_to_ship, under_way)
    SELECT "orderId", state, since, day, "left", "underWay"
    FROM jsonb_to_recordset(${JSON.stringify(moved)}::jsonb)
      AS row("orderId" uuid, state text, since bigint, day date, "left" int, "underWay" jsonb)
    ON CONFLICT (order_id) DO UPDATE SET state = excluded.state, since = excluded.since,
      left_to_ship = excluded.left_to_ship, under_way = excluded.under_way`
}

async function addSteps(tx: ProjectionTransaction, steps: readonly Step[]) {
  if (steps.length === 0) return
  const addends = steps.map((step) => ({ ...step, bucket: bucketOf(step.ms) }))
  await tx.$executeRaw`
    INSERT INTO steps AS s (day, from_state, to_state, bucket, orders, ms)
    SELECT day, "from", "to", bucket, count(*), sum(ms)
    FROM jsonb_to_recordset(${JSON.stringify(addends)}::jsonb)
      AS addend(day date, "from" text, "to" text, bucket int, ms bigint)
    GROUP BY day, "from", "to", bucket
    ON CONFLICT (day, from_state, to_state, bucket) DO UPDATE SET orders = s.orders + excluded.orders, ms = s.ms + excluded.ms`
}
