import type { Database } from '#platform/database'
import { deliveryNotFound } from './redeliver.ts'
import { momentOf } from '../views.ts'

interface Page {
  state?: string | undefined
  cursor?: string | undefined
  limit: number
}

/** What an endpoint was told of or is to be, the newest event first. */
export async function listDeliveries(db: Database, endpointId: string, { state, cursor, limit }: Page) {
  const rows = await db.webhookDelivery.findMany({
    where: { endpointId, ...(state && { state }), ...(cursor && { eventId: { lt: cursor } }) },
    orderBy: { eventId: 'desc' },
    take: limit + 1,
  })
  const page = rows.slice(0, limit)
  return { deliveries: page.map(toView), next: rows.length > limit ? page.at(-1)!.eventId : null }
}

/** Requests of one delivery that are told, the latest. */
const MOST = 100

/** One delivery with its requests, the first first. @throws Refusal `delivery-not-found` */
export async function readDelivery(db: Database, endpointId: string, eventId: string) {
  const found = await db.webhookDelivery.findUnique({
    where: { endpointId_eventId: { endpointId, eventId } },
    include: { log: { orderBy: { id: 'desc' }, take: MOST } },
  })
  if (!found) throw deliveryNotFound(eventId)
  const { log, ...row } = found
  return {
    ...toView(row),
    log: log.toReversed().map(({ at, durationMs, status, answer, error }) => ({
      at: at.toISOString(),
      durationMs,
      status,
      answer,
      error,
    })),
  }
}

type Row = Awaited<ReturnType<Database['webhookDelivery']['findFirstOrThrow']>>

const toView = ({ eventId, eventType, orderId, state, attempts, dueAt, createdAt, endedAt }: Row) => ({
  eventId,
  eventType,
  orderId,
  state: state as 'waiting' | 'delivered' | 'given-up',
  attempts,
  dueAt: state === 'waiting' ? dueAt.toISOString() : null,
  createdAt: createdAt.toISOString(),
  endedAt: momentOf(endedAt),
})
