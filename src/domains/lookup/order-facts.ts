import { ORDER_STATES, OrderParcelShipped, ShipmentCreated } from '#events'
import type { RecordedOf } from '#messaging'

export type OrderState = RecordedOf<(typeof ORDER_STATES)[number]>

/** The facts that change the state of an order, and what else it is found by. */
export const FOUND_BY = [...ORDER_STATES, OrderParcelShipped, ShipmentCreated] as const
export type FoundBy = RecordedOf<(typeof FOUND_BY)[number]>
