import type { Database, Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import type { Delivery } from '../../broker/broker.ts'
import type { RecordedEvent } from '../../define-event.ts'
import { fingerprintOf } from './fingerprint.ts'
import { errorColumns, printable } from './printable.ts'
import type { DeadReason } from '../record.ts'

/** A message from the broker that is given up at once, because it cannot be understood or should not be there. */
export interface Refused {
  delivery: Delivery
  /** As far as it could be read. */
  envelope: RecordedEvent | undefined
  reason: DeadReason
  error: Error
}

/**
 * Keeps messages as dead letters, byte by byte: the event store does not have them. One whose event has an answer already is
 * not kept a second time; without an id, one that was handed out before is known by its bytes.
 */
export async function keepUnreadable(
  db: Database,
  reaction: string,
  instance: string,
  messages: readonly Refused[],
): Promise<void> {
  if (messages.length === 0) return
  await db.$transaction(async (tx) => {
    const rows: ReturnType<typeof toRow>[] = []
    for (const message of messages)
      if (!(await isKeptAlready(tx, reaction, message))) rows.push(toRow(reaction, instance, message))
    if (rows.length === 0) return
    const kept = await tx.delivery.createManyAndReturn({ data: rows, skipDuplicates: true, select: { id: true } })
    const isKept = new Set(kept.map(({ id }) => id))
    await tx.deliveryHistory.createMany({
      data: rows
        .filter(({ id }) => isKept.has(id))
        .map(({ id, eventId, errorName, errorMessage }) => {
          return { reaction, eventId, deliveryId: id, what: 'dead', attempt: 1, errorName, errorMessage, instance }
        }),
    })
  })
}

/** Its row was committed, and the acknowledgement was lost. */
async function isKeptAlready(tx: Transaction, reaction: string, { delivery, envelope }: Refused): Promise<boolean> {
  if (envelope || delivery.deliveryCount === 0) return false
  const body = new Uint8Array(delivery.body)
  return (await tx.delivery.findFirst({ where: { reaction, eventId: null, body }, select: { id: true } })) !== null
}

function toRow(reaction: string, instance: string, { delivery, envelope, reason, error }: Refused) {
  const { error_name, error_message, stack } = errorColumns(error)
  const now = new Date()
  return {
    id: uuidv7(),
    reaction,
    eventId: envelope?.id ?? null,
    eventType: envelope?.type ?? null,
    stream: envelope?.stream ?? null,
    streamVersion: envelope?.streamVersion ?? null,
    correlationId: envelope?.correlationId ?? null,
    state: 'dead',
    reason,
    attempts: 1,
    errorName: error_name,
    errorMessage: error_message,
    stack,
    fingerprint: fingerprintOf(reaction, envelope?.type, reason, error),
    firstFailedAt: now,
    failedAt: now,
    instance,
    exchange: printable(delivery.exchange, 255),
    routingKey: printable(delivery.routingKey, 255),
    contentType: delivery.contentType === undefined ? null : printable(delivery.contentType, 255),
    headers: storable(JSON.parse(JSON.stringify(delivery.headers))) as object,
    body: new Uint8Array(delivery.body),
  }
}

/** RabbitMQ's own limit on a frame of headers. */
const MAX_HEADER = 128 * 1024

/** What strangers put into headers must not keep a message from being stored: it would come back for ever. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return printable(value, MAX_HEADER)
  if (Array.isArray(value)) return value.map(storable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printable(key, 255), storable(inner)]))
}
