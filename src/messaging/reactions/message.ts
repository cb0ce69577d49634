import { decodeEnvelope, readData, type Envelope } from '../cloud-event.ts'
import type { Delivery } from '../broker/broker.ts'
import type { AnyEventType, RecordedEvent } from '../define-event.ts'
import { UnreadableEvent } from '../errors.ts'

/** Our own headers: the broker's change meaning between versions and are not kept through a republish. */
export const HEADER = {
  attempt: 'x-fanfare-attempt',
  firstFailedAt: 'x-fanfare-first-failed-at',
  exchange: 'x-fanfare-exchange',
  routingKey: 'x-fanfare-routing-key',
  /** The dead letter that this message was redriven from. */
  parent: 'x-fanfare-dead-letter',
} as const

/** A delivery, read as far as it can be. */
export interface Message {
  delivery: Delivery
  /** From 1; counted in the message, so that replicas share the count. */
  attempt: number
  firstFailedAt: Date | undefined
  /** Where it was first published to, before it went through the delay ladder. */
  exchange: string
  routingKey: string
  parentId: string | undefined
  /** Missing when not even the envelope can be read. */
  envelope?: Envelope
  /** Missing when the message cannot be understood; then `unreadable` says why. */
  event?: RecordedEvent
  unreadable?: UnreadableEvent
}

/** Reads a delivery. Never throws: what is wrong with it is in `unreadable`. */
export function readMessage(delivery: Delivery, types: ReadonlyMap<string, AnyEventType>): Message {
  const message: Message = { delivery, ...readHeaders(delivery) }
  try {
    message.envelope = decodeEnvelope(delivery.body, delivery.contentType)
    message.event = readData(message.envelope, types)
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error
    message.unreadable = error
  }
  return message
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** No ladder is as long; a larger number is somebody else's, and no integer column would hold it. */
const MAX_ATTEMPT = 1_000_000

function readHeaders({ headers, exchange, routingKey }: Delivery) {
  const parent = textOf(headers[HEADER.parent])
  const attempt = Number(headers[HEADER.attempt] ?? 1)
  const firstFailedAt = new Date(String(headers[HEADER.firstFailedAt]))
  return {
    attempt: Number.isInteger(attempt) && attempt > 0 && attempt <= MAX_ATTEMPT ? attempt : 1,
    firstFailedAt: Number.isNaN(firstFailedAt.getTime()) ? undefined : firstFailedAt,
    exchange: textOf(headers[HEADER.exchange]) ?? exchange,
    routingKey: textOf(headers[HEADER.routingKey]) ?? routingKey,
    parentId: parent && UUID.test(parent) ? parent : undefined,
  }
}

const textOf = (header: unknown) => (typeof header === 'string' ? header : undefined)
