import { createHash } from 'node:crypto'
import type { Database } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import { succeed } from '../dead-letters/resolve.ts'
import type { UnreadableReason } from '../errors.ts'
import type { Message } from './message.ts'
import { printable, recordFailures } from './handled-events.ts'

/** Why a reaction gave a message up. Stable codes. */
export type DeadReason = UnreadableReason | 'unrecoverable' | 'attempts-exhausted' | 'poison' | 'delivery-limit'

export interface Death {
  message: Message
  reason: DeadReason
  error: Error
}

/**
 * Writes dead letters to PostgreSQL, each with its last failed attempt, in one transaction; the messages may be
 * acknowledged afterwards. A second open dead letter for the same event of the same reaction is not written, nor a second
 * successor of a redriven one.
 */
export async function writeDeadLetters(
  db: Database,
  reaction: string,
  instance: string,
  deaths: readonly Death[],
): Promise<void> {
  if (deaths.length === 0) return
  await db.$transaction(async (tx) => {
    const failed = deaths.flatMap(({ message, error }) =>
      message.envelope ? [{ eventId: message.envelope.id, attempt: message.attempt, error, retryAt: null }] : [],
    )
    await recordFailures(tx, reaction, instance, failed)
    const closed = await succeed(
      tx,
      deaths.flatMap(({ message }) => message.parentId ?? []),
    )
    await tx.deadLetter.createMany({
      data: deaths
        .filter(({ message }) => !closed.has(message.parentId ?? ''))
        .map((death) => toRow(reaction, instance, death)),
      skipDuplicates: true,
    })
  })
}

function toRow(reaction: string, instance: string, { message, reason, error }: Death) {
  const { envelope, delivery, attempt } = message
  return {
    id: uuidv7(),
    reaction,
    eventId: envelope?.id ?? null,
    eventType: envelope?.type ?? null,
    stream: envelope?.stream ?? null,
    streamVersion: envelope?.streamVersion ?? null,
    correlationId: envelope?.correlationId ?? null,
    reason,
    errorName: printable(error.name, 200),
    errorMessage: printable(error.message, 2_000),
    stack: error.stack === undefined ? null : printable(error.stack, 8 * 1024),
    fingerprint: fingerprintOf(reaction, envelope?.type, reason, error),
    attempts: attempt,
    firstFailedAt: message.firstFailedAt ?? new Date(),
    failedAt: new Date(),
    instance,
    exchange: printable(message.exchange, 255),
    routingKey: printable(message.routingKey, 255),
    contentType: delivery.contentType === undefined ? null : printable(delivery.contentType, 255),
    headers: storable(JSON.parse(JSON.stringify(delivery.headers))) as object,
    body: new Uint8Array(delivery.body),
    parentId: message.parentId ?? null,
  }
}

/** What strangers put into headers must not keep a message from being stored: it would come back for ever. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return printable(value, MAX_HEADER)
  if (Array.isArray(value)) return value.map(storable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printable(key, 255), storable(inner)]))
}

const MAX_HEADER = 128 * 1024 // RabbitMQ's own limit on a frame of headers

/** Equal for failures of one cause: whatever differs from order to order (ids, numbers, quoted values) is left out. */
function fingerprintOf(reaction: string, eventType: string | undefined, reason: string, error: Error): string {
  const pattern = error.message
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, '<id>')
    .replaceAll(/'[^']*'|"[^"]*"/g, '<text>')
    .replaceAll(/\d+/g, '<n>')
  return createHash('sha256')
    .update([reaction, eventType, reason, error.name, pattern].join('\n'))
    .digest('hex')
    .slice(0, 12)
}
