import { decodeEnvelope, readData, type Envelope } from '../../cloud-event.ts'
import type { Delivery } from '../../broker/broker.ts'
import type { AnyEventType, RecordedEvent } from '../../define-event.ts'
import type { Claimed } from '../../deliveries/claim.ts'
import { UnreadableEvent } from '../../errors.ts'
import { EventNotInStore } from './batch.ts'

/** One event for one reaction, from the broker's queue or from PostgreSQL, read as far as it can be. */
export interface Message {
  /** From the broker. */
  delivery?: Delivery
  /** From PostgreSQL. */
  claimed?: Claimed
  /** From 1. */
  attempt: number
  /** Missing when not even the envelope can be read. */
  envelope?: Envelope
  /** Missing when the message cannot be understood; then `unreadable` says why. */
  event?: RecordedEvent
  unreadable?: UnreadableEvent | EventNotInStore
}

export type EventTypes = ReadonlyMap<string, AnyEventType>

/** Reads a delivery of the broker. Never throws: what is wrong with it is in `unreadable`. */
export function readMessage(delivery: Delivery, types: EventTypes): Message {
  const message: Message = { delivery, attempt: 1 }
  return understand(message, () => decodeEnvelope(delivery.body, delivery.contentType), types)
}

/** Reads what is delivered from PostgreSQL, in the words an operator put in its place where there are such. */
export function readClaimed(claimed: Claimed, types: EventTypes): Message {
  const { event, edited, attempts } = claimed
  const message: Message = { claimed, attempt: attempts + 1 }
  if (!event) return { ...message, unreadable: new EventNotInStore(claimed.eventId ?? claimed.id) }
  const envelope = () => (edited ? { ...event, data: decodeEnvelope(edited, undefined).data } : event)
  return understand(message, envelope, types)
}

function understand(message: Message, envelope: () => Envelope, types: EventTypes): Message {
  try {
    message.envelope = envelope()
    message.event = readData(message.envelope, types)
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error
    message.unreadable = error
  }
  return message
}
