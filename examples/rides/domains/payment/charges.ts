import type { Transaction } from '#platform/database'
import type { Money } from '../../events/index.ts'

interface Charge {
  tripId: string
  fare: Money
  /** Why the gateway did not give it; null when it did. */
  code: string | null
}

/** One for each trip: a second one violates the key of the table. With it nobody needs the provider's record of the hold any more. */
export async function bookCharge(tx: Transaction, { tripId, fare, code }: Charge): Promise<void> {
  await tx.$executeRaw`
    WITH booked AS (DELETE FROM prepared_fares WHERE trip_id = ${tripId}::uuid)
    INSERT INTO charges (trip_id, amount, currency, declined) VALUES (${tripId}::uuid, ${fare.amount}, ${fare.currency}, ${code})`
}
