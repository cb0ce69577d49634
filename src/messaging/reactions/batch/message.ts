import type { Database } from '#platform/database'
import { redactError } from '#platform/log/redact'
import { textsOf } from '#platform/sealing'
import { decodeEnvelope, readData, type Envelope } from '../../cloud-event.ts'
import type { Delivery } from '../../broker/broker.ts'
import type { AnyEventType, RecordedEvent } from '../../define-event.ts'
import type { Claimed } from '../../deliveries/claim.ts'
import { UnreadableEvent } from '../../errors.ts'
import { openEvents, withheldEvents, type OpenEvent } from '../../event-store/personal.ts'
import type { Reaction } from '../define/define-reaction.ts'
import { EventNotInStore } from './batch.ts'

/** One event for one reaction, from the broker's queue or from PostgreSQL, read as far as it can be. */
export interface Message {
  /** From the broker. */
  delivery?: Delivery
  /** From PostgreSQL. */
  claimed?: Claimed
  /** From 1. */
  attempt: number
  /** Missing when not even the envelope can be read. Its data are sealed as they came. */
  envelope?: Envelope
  /** Missing when the message cannot be understood; then `unreadable` says why. */
  event?: RecordedEvent
  unreadable?: UnreadableEvent | EventNotInStore
  /** Trace context of the attempt that was made last. */
  triedIn?: string | null
  /** Texts in `event` that must stand in no log and no record of a failure. */
  personal?: readonly string[]
}

/** What has arrived, from one of the two. */
export type Incoming = { delivery: Delivery; claimed?: undefined } | { delivery?: undefined; claimed: Claimed }

/** What of a message came from the broker, or from PostgreSQL. */
export interface Taken {
  delivery?: Delivery | undefined
  claimed?: Claimed | undefined
}

export type EventTypes = ReadonlyMap<string, AnyEventType>

/**
 * Reads what has arrived: what is wrong with one of them is in its `unreadable`. What PostgreSQL delivers is read in the words
 * an operator put in its place where there are such.
 * @throws only when keys of personal data cannot be read from the database
 */
export async function readMessages(
  arrived: readonly Incoming[],
  reaction: Pick<Reaction, 'personalData'>,
  types: EventTypes,
  db: Database,
): Promise<Message[]> {
  const messages = arrived.map(({ delivery, claimed }) => (delivery ? fromBroker(delivery) : fromStore(claimed)))
  const enveloped = messages.filter(({ envelope }) => envelope)
  const envelopes = enveloped.map(({ envelope }) => envelope!)
  const opened = reaction.personalData ? await openEvents(db, envelopes) : withheldEvents(envelopes)
  enveloped.forEach((message, index) => understand(message, opened[index]!, types))
  return messages
}

/** Reads a delivery of the broker as far as its envelope. Never throws. */
export function fromBroker(delivery: Delivery): Message {
  const message: Message = { delivery, attempt: 1 }
  return withEnvelope(message, () => decodeEnvelope(delivery.body, delivery.contentType))
}

function fromStore(claimed: Claimed): Message {
  const { event, edited, attempts } = claimed
  const message: Message = { claimed, attempt: attempts + 1 }
  if (!event) return { ...message, unreadable: new EventNotInStore(claimed.eventId ?? claimed.id) }
  return withEnvelope(message, () => (edited ? { ...event, data: decodeEnvelope(edited, undefined).data } : event))
}

function withEnvelope(message: Message, read: () => Envelope): Message {
  try {
    return { ...message, envelope: read() }
  } catch (error) {
    return { ...message, unreadable: unreadable(error) }
  }
}

function understand(message: Message, opened: OpenEvent<Envelope> | UnreadableEvent, types: EventTypes) {
  try {
    if (opened instanceof UnreadableEvent) throw opened
    const { withheld, ...event } = opened
    if (withheld) message.personal = textsOf(withheld)
    message.event = readData(event, types)
  } catch (error) {
    message.unreadable = unreadable(error)
    redactError(message.unreadable, message.personal ?? [])
  }
}

function unreadable(error: unknown): UnreadableEvent {
  if (error instanceof UnreadableEvent) return error
  throw error
}
