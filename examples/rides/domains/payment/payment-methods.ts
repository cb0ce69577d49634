import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'

/** The token of a payment method is in no event: an event is kept for ever, and every reaction gets it. */
export async function keepPaymentMethod(tx: Transaction, riderId: string, token: string): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO payment_methods (rider_id, token) VALUES (${riderId}, ${token})
    ON CONFLICT (rider_id) DO UPDATE SET token = excluded.token WHERE payment_methods.token <> excluded.token`
}

const TokenRow = row({ token: z.string() })

export async function paymentMethodOf(db: Database, riderId: string): Promise<string | undefined> {
  const [found] = await readRows(db, TokenRow)`SELECT token FROM payment_methods WHERE rider_id = ${riderId}`
  return found?.token
}
