import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'
import { deliveryNotFound } from './redeliver.ts'
import { momentOf } from '../views.ts'

const DeliveryRow = row({
  eventId: z.string(),
  eventType: z.string(),
  orderId: z.string(),
  state: z.string(),
  attempts: z.int(),
  dueAt: z.date(),
  createdAt: z.date(),
  endedAt: z.date().nullable(),
})

/** Written into the statement as they are, so that the index of what is not delivered is found. */
const OF_STATE = {
  waiting: Prisma.sql`AND state = 'waiting'`,
  delivered: Prisma.sql`AND state = 'delivered'`,
  'given-up': Prisma.sql`AND state = 'given-up'`,
}

interface Page {
  state?: keyof typeof OF_STATE | undefined
  cursor?: string | undefined
  limit: number
}

/** What an endpoint was told of or is to be, the newest event first. */
export async function listDeliveries(db: Database, endpointId: string, { state, cursor, limit }: Page) {
  const ofState = state ? OF_STATE[state] : Prisma.empty
  const before = cursor ? Prisma.sql`AND event_id < ${cursor}::uuid` : Prisma.empty
  const rows = await readRows(db, DeliveryRow)`
    SELECT event_id::text AS "eventId", event_type AS "eventType", order_id::text AS "orderId", state, attempts, due_at AS "dueAt",
      created_at AS "createdAt", ended_at AS "endedAt"
    FROM webhook_deliveries WHERE endpoint_id = ${endpointId}::uuid ${ofState} ${before}
    ORDER BY event_id DESC LIMIT ${limit + 1}`
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

const toView = ({
  eventId,
  eventType,
  orderId,
  state,
  attempts,
  dueAt,
  createdAt,
  endedAt,
}: z.infer<typeof DeliveryRow>) => ({
  eventId,
  eventType,
  orderId,
  state: state as 'waiting' | 'delivered' | 'given-up',
  attempts,
  dueAt: state === 'waiting' ? dueAt.toISOString() : null,
  createdAt: createdAt.toISOString(),
  endedAt: momentOf(endedAt),
})
