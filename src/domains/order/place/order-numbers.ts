import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { settings } from '../settings.ts'

/** Numbers that a process takes at once. Those it has not given when it ends are given to nobody. */
const BLOCK = 100
const FIRST = 1_001

const DrawnRow = row({ clientId: z.string(), next: z.number() })

export interface OrderNumbers {
  /** A number for each order, named by the ids of their clients, such as FF-1042. */
  draw(clientIds: readonly string[]): Promise<string[]>
  /** Leaves what was taken before: somebody else may have been given the same, when a failover has lost that they were taken. */
  forget(): void
}

/**
 * Numbers for people: unique within a client, and roughly ascending; some are left out. A process takes a hundred of a client at a
 * time, outside of the transaction that stores the orders (hi/lo, as in Hibernate): so orders of one client do not wait for each
 * other at its counter, and ninety-nine of a hundred cost no statement.
 */
export function createOrderNumbers(db: Database): OrderNumbers {
  const left = new Map<string, number[]>()
  const refill = async (wanted: ReadonlyMap<string, number>) => {
    for (const { clientId, count, end } of await takeBlocks(db, wanted)) {
      const block = Array.from({ length: count }, (_, nth) => end - count + nth)
      left.set(clientId, [...(left.get(clientId) ?? []), ...block])
    }
  }
  const missing = (clientIds: readonly string[]) => {
    const wanted = new Map<string, number>()
    for (const id of clientIds) wanted.set(id, (wanted.get(id) ?? 0) + 1)
    return new Map([...wanted].filter(([id, count]) => (left.get(id)?.length ?? 0) < count))
  }
  return {
    async draw(clientIds) {
      // Another commit may take what was there while this one waits for more.
      for (let wanted = missing(clientIds); wanted.size > 0; wanted = missing(clientIds)) await refill(wanted)
      const { ORDER_NUMBER_PREFIX: prefix } = settings()
      return clientIds.map((id) => `${prefix}${left.get(id)!.shift()!}`)
    },
    forget: () => left.clear(),
  }
}

async function takeBlocks(db: Database, wanted: ReadonlyMap<string, number>) {
  const counts = new Map([...wanted].map(([clientId, count]) => [clientId, Math.max(count, BLOCK)]))
  const rows = [...counts].map(([clientId, count]) => ({ clientId, count }))
  const drawn = await readRows(db, DrawnRow)`
    INSERT INTO order_counters AS counter (client_id, next)
    SELECT "clientId", ${FIRST}::bigint + count FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row("clientId" uuid, count int)
    ORDER BY "clientId"
    ON CONFLICT (client_id) DO UPDATE SET next = counter.next + excluded.next - ${FIRST}::bigint
    RETURNING client_id AS "clientId", next::float8`
  return drawn.map(({ clientId, next }) => ({ clientId, count: counts.get(clientId)!, end: next }))
}
