import { setTimeout as delay } from 'node:timers/promises'
import { inLanes } from './lanes.ts'
import { orderOf, type Invoice } from './invoices.ts'
import type { Progress } from './progress.ts'
import { RefusedByApi, type PlacedOrder, type ShopApi } from './shop-api.ts'

export interface Placed {
  ids: string[]
  /** Orders that an earlier import has placed. */
  replayed: number
  /** Orders that the API refused, by why. */
  refused: Map<string, number>
}

/** Places an order for each invoice; its number is the idempotency key, so that doing it again places nothing twice. */
export async function placeOrders(
  api: ShopApi,
  invoices: readonly Invoice[],
  lanes: number,
  progress: Progress,
): Promise<Placed> {
  const placed: Placed = { ids: [], replayed: 0, refused: new Map() }
  await inLanes(invoices, lanes, async (invoice) => {
    try {
      const { order, replayed } = await api.place(orderOf(invoice), invoice.number)
      placed.ids.push(order.id)
      if (replayed) placed.replayed++
    } catch (error) {
      if (!(error instanceof RefusedByApi)) throw error
      count(placed.refused, error.why)
    }
    progress.step()
  })
  progress.stop()
  return placed
}

const POLL_MS = 200

/** Waits until each order is decided; answers how many went which way. @param patienceMs for the slowest one */
export async function untilDecided(
  api: ShopApi,
  ids: readonly string[],
  { lanes, patienceMs }: { lanes: number; patienceMs: number },
  progress: Progress,
): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>()
  const end = Date.now() + patienceMs
  await inLanes(ids, lanes, async (id) => {
    let order = await api.read(id)
    while (order.status === 'placed' && Date.now() < end) {
      await delay(POLL_MS)
      order = await api.read(id)
    }
    count(outcomes, outcomeOf(order))
    progress.step()
  })
  progress.stop()
  return outcomes
}

export const UNDECIDED = 'undecided'

function outcomeOf({ status, ended }: PlacedOrder): string {
  if (status === 'placed') return UNDECIDED
  if (ended) return `${status}: ${ended.reason}`
  return 'confirmed' // or further on its way
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}
