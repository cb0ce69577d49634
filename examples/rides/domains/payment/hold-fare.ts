import { z } from 'zod'
import type { CallContext } from '#messaging'
import type { GatewayAnswer, PaymentGateway } from '#payment-gateway'
import { readRow, readRows, row, type Database } from '#platform/database'
import type { Money } from '../../events/index.ts'

interface Fare {
  tripId: string
  fare: Money
  /** Names the payment method at the provider. */
  token: string
}

/**
 * Holds the fare of a trip, once. A provider that forgets idempotency keys (Stripe, after a day) makes a record of the hold first. It is
 * kept before anything is held, so that a dead letter which is redriven after days asks about the same one.
 */
export async function holdFare(
  gateway: PaymentGateway,
  { tripId, fare, token }: Fare,
  { db, signal }: Pick<CallContext, 'db' | 'signal'>,
): Promise<GatewayAnswer> {
  const wanted = { amount: fare, token, reference: `trip-${tripId}` }
  const call = { idempotencyKey: `authorize:${tripId}`, signal }
  if (!gateway.prepare) return gateway.authorize(wanted, call)
  const kept = await keptFor(db, tripId)
  if (kept !== undefined) return gateway.authorize({ ...wanted, prepared: kept }, call)
  const record = await gateway.prepare(wanted, call)
  if (!record.ok) return record
  return gateway.authorize({ ...wanted, prepared: await keep(db, tripId, record.authorizationId) }, call)
}

const Prepared = row({ prepared: z.string() })

async function keptFor(db: Database, tripId: string): Promise<string | undefined> {
  const [kept] = await readRows(db, Prepared)`SELECT prepared FROM prepared_fares WHERE trip_id = ${tripId}::uuid`
  return kept?.prepared
}

/** @returns the one that counts: where another attempt has kept its own, this one will never hold anything */
async function keep(db: Database, tripId: string, prepared: string): Promise<string> {
  const kept = await readRow(db, Prepared)`
    INSERT INTO prepared_fares (trip_id, prepared) VALUES (${tripId}::uuid, ${prepared})
    ON CONFLICT (trip_id) DO UPDATE SET prepared = prepared_fares.prepared RETURNING prepared`
  return kept.prepared
}
