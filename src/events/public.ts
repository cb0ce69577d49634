import type { AnyEventType, RecordedEvent } from '#messaging'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderExpired,
  OrderParcelShipped,
  OrderReduced,
  OrderPlaced,
  OrderRejected,
  OrderShipped,
  ReturnAccepted,
  ReturnReceived,
} from './order.ts'
import { PaymentCaptured, PaymentDeclined, PaymentFailed, PaymentRefunded, PaymentVoided } from './payment.ts'
import { ShipmentCreated, ShipmentDelivered } from './shipping.ts'

/**
 * What the client of an order may be told of it, by webhooks and live. The rest is between our own contexts: what was reserved,
 * how an order was screened, ids of the payment provider, points.
 */
export const PUBLIC_EVENTS: readonly AnyEventType[] = [
  OrderPlaced,
  OrderConfirmed,
  OrderRejected,
  OrderCancelled,
  OrderReduced,
  OrderParcelShipped,
  OrderExpired,
  OrderShipped,
  OrderDelivered,
  ReturnReceived,
  ReturnAccepted,
  PaymentCaptured,
  PaymentDeclined,
  PaymentFailed,
  PaymentRefunded,
  PaymentVoided,
  ShipmentCreated,
  ShipmentDelivered,
]

export const PUBLIC_TYPES: readonly string[] = PUBLIC_EVENTS.map(({ type }) => type)

const byType = new Map(PUBLIC_EVENTS.map((type) => [type.type, type]))

/** An event as it goes out: what Standard Webhooks asks for (`type`, `timestamp`, `data`), and where it belongs. */
export interface PublicEvent {
  id: string
  type: string
  /** When it happened, RFC 3339. */
  timestamp: string
  orderId: string
  /** Grows along the events of one order. Others than the public ones count as well, so there are gaps. */
  sequence: number
  /** Of an order that was placed with a test key. */
  test: boolean
  /** In the latest version of its type, whatever it was stored as. */
  data: unknown
}

type Told = Pick<RecordedEvent, 'id' | 'type' | 'version' | 'stream' | 'streamVersion' | 'time' | 'data'>

/** @throws UnreadableEvent when its data do not fit its type; TypeError when it is not public */
export function toPublic({ id, type, version, stream, streamVersion, time, data }: Told, test: boolean): PublicEvent {
  const known = byType.get(type)
  if (!known) throw new TypeError(`${type} is not for clients`)
  return {
    id,
    type,
    timestamp: time.toISOString(),
    orderId: orderOf(stream),
    sequence: streamVersion,
    test,
    data: known.read(data, version),
  }
}

/** The id of the order that a stream belongs to. */
export const orderOf = (stream: string): string => stream.replace(/^order-/, '')
