import { z } from 'zod'
import { readRows, row, type Transaction } from '#platform/database'
import {
  broughtBack,
  decide,
  movementsOf,
  type Decision,
  type Fact,
  type Movement,
  type Quantity,
  type Reservation,
} from './reservation.ts'
import { lockStock, moveStock } from './stock.ts'

export type OrderFact = Fact & { orderId: string }
/** What a fact has changed, and the pieces that came back to the shelf. */
export type Outcome = Decision & { before: Reservation; back: readonly Quantity[] }

/**
 * Lets facts about many orders take effect on the stock, in the order given; one outcome for each. Locks the orders, then
 * the SKUs, each in ascending order and in one statement, so that batches of any replicas wait for each other and never
 * deadlock.
 */
export async function keepReservations(tx: Transaction, facts: readonly OrderFact[], now: Date): Promise<Outcome[]> {
  const reservations = await claim(tx, new Set(facts.map(({ orderId }) => orderId)), now)
  const free = await lockStock(tx, skusOf(facts, reservations))
  const movements: Movement[] = []
  const changed = new Set<string>()
  const outcomes = facts.map((fact): Outcome => {
    const before = reservations.get(fact.orderId)!
    const decision = decide(before, fact, free)
    const moved = movementsOf(before, decision.next)
    for (const { sku, onHand } of moved) free.set(sku, (free.get(sku) ?? 0) + onHand)
    movements.push(...moved)
    reservations.set(fact.orderId, decision.next)
    if (decision.next.status !== before.status || decision.next.apart !== before.apart) changed.add(fact.orderId)
    return { ...decision, before, back: broughtBack(moved) }
  })
  await moveStock(tx, movements)
  await save(
    tx,
    [...changed].map((orderId) => ({ orderId, ...reservations.get(orderId)! })),
    now,
  )
  return outcomes
}

/** Only what can still move: an order that is known already keeps its lines, a new one brings them. */
function skusOf(facts: readonly OrderFact[], reservations: ReadonlyMap<string, Reservation>): Set<string> {
  const lines = facts.flatMap((fact) => {
    const { status, lines: kept } = reservations.get(fact.orderId)!
    return fact.kind === 'placed' && status === 'open' ? fact.lines : kept
  })
  return new Set(lines.map(({ sku }) => sku))
}

const ReservationRow = row({
  orderId: z.string(),
  status: z.enum(['open', 'reserved', 'rejected', 'released', 'shipped', 'returned']),
  lines: z.array(z.strictObject({ sku: z.string(), quantity: z.int() })),
  // Ways that only another release knows stay as they are.
  apart: z.record(z.string(), z.record(z.string(), z.int())),
})

/** Locks one row per order; the ones that nobody has heard of come into being as open. */
async function claim(tx: Transaction, orderIds: ReadonlySet<string>, now: Date): Promise<Map<string, Reservation>> {
  const rows = await readRows(tx, ReservationRow)`
    INSERT INTO reservations (order_id, status, lines, updated_at)
    SELECT order_id, 'open', '[]', ${now} FROM unnest(${[...orderIds]}::uuid[]) AS wanted(order_id) ORDER BY order_id
    ON CONFLICT (order_id) DO UPDATE SET status = reservations.status
    RETURNING order_id AS "orderId", status, lines, apart`
  return new Map(rows.map(({ orderId, ...reservation }) => [orderId, reservation]))
}

async function save(tx: Transaction, rows: readonly (Reservation & { orderId: string })[], now: Date): Promise<void> {
  if (rows.length === 0) return
  await tx.$executeRaw`
    UPDATE reservations SET status = decided.status, lines = decided.lines, apart = decided.apart, updated_at = ${now}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS decided("orderId" uuid, status text, lines jsonb, apart jsonb)
    WHERE reservations.order_id = decided."orderId"`
}
