import type { Caller, Refusal } from '#http'
import type { NewOrder } from '../schemas/new-order.ts'
import type { Idempotency } from './idempotency.ts'
import type { placeOrder } from './place-order.ts'

export interface PlacementRequest {
  readonly request: NewOrder
  readonly idempotency: Idempotency | undefined
  readonly caller: Pick<Caller, 'clientId' | 'test' | 'actor'>
  readonly traceparent: string | null
}

/** An order under way to its commit. */
export interface Candidate extends PlacementRequest {
  readonly orderId: string
  /** For people. */
  readonly number?: string
}

export type Placed = ReturnType<typeof placeOrder>
export type Decided = Candidate &
  (
    | { placed: Placed; refusal?: never; rival?: never }
    // An order that has its reference, of the same commit: it is refused only if that one is stored.
    | { refusal: Refusal; placed?: undefined; rival?: string }
  )
