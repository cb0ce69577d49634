import { defineReaction, Unrecoverable } from '#messaging'
import { gateway } from '#payment-gateway'
import { bookCharge } from '../../domains/payment/charges.ts'
import { holdFare } from '../../domains/payment/hold-fare.ts'
import { paymentMethodOf } from '../../domains/payment/payment-methods.ts'
import { FareCharged, FareDeclined, TripCompleted } from '../../events/index.ts'

/** Holding and taking have a key that names the trip: the gateway does each once, however often it is asked. */
export default defineReaction({
  name: 'payment.charge-fare',
  on: TripCompleted,
  publishes: [FareCharged, FareDeclined],
  callTimeoutMs: 5_000,
  async call({ data: { tripId, riderId, fare } }, { db, signal }) {
    const token = await paymentMethodOf(db, riderId)
    if (!token) throw new Unrecoverable(`Rider ${riderId} has no payment method`)
    const held = await holdFare(gateway(), { tripId, fare, token }, { db, signal })
    return held.ok ? gateway().capture(held.authorizationId, { idempotencyKey: `capture:${tripId}`, signal }) : held
  },
  async handle({ data: { tripId, riderId, fare } }, { tx, result }) {
    await bookCharge(tx, { tripId, fare, code: result.ok ? null : result.code })
    return result.ok
      ? FareCharged({ tripId, riderId, fare })
      : FareDeclined({ tripId, riderId, fare, code: result.code })
  },
})
