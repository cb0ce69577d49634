import type { Outgoing } from '../broker/broker.ts'
import type { Names } from '../broker/topology.ts'
import { CONTENT_TYPE, encode } from '../cloud-event.ts'
import type { StoredRow } from '../event-store/reading/stored-rows.ts'

/** An event on its way to whoever is bound to the exchange of its type. */
export function toEverybody(row: StoredRow, names: Names): Outgoing {
  return { ...messageOf(row), exchange: names.exchange(row.type), routingKey: '' }
}

/** The same message straight to one reaction's queue. */
export function toReaction(row: StoredRow, reaction: string, names: Names): Outgoing {
  return { ...messageOf(row), exchange: '', routingKey: names.queue(reaction) }
}

/** With the trace context of W3C's binding for AMQP as well as in the envelope: other systems look for it there. */
function messageOf(row: StoredRow) {
  const { id, type, traceparent } = row
  const message = { messageId: id, type, contentType: CONTENT_TYPE, body: encode(row, row.dataJson) }
  return traceparent ? { ...message, headers: { traceparent } } : message
}
