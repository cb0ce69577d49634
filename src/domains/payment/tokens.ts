import { z } from 'zod'
import { readStream, Unrecoverable } from '#messaging'
import { Prisma } from '#prisma'
import { readRow, readRows, row, type Database } from '#platform/database'

/**
 * Keeps the tokens of new orders: a part of the statement that stores them (`KeepPaymentMethods` of the order domain). A
 * token stands nowhere else: in no event, idempotency key, log or answer.
 *
 * It is forgotten in the transaction that books the gateway's answer to the authorization, yes or no. The end of the order
 * is too early: an attempt that was never heard of may have reached the gateway, and only the same question again, with the
 * same token, brings its hold to light. Where nobody asks again (the dead letter was discarded), `pruneTokens` forgets it.
 */
export const keepTokens = (newOrders: Prisma.Sql) => Prisma.sql`
  INSERT INTO payment_tokens (order_id, token, kept_at)
  SELECT "orderId", payment->>'token', now() FROM ${newOrders}`

const Kept = row({ token: z.string().nullable(), prepared: z.string().nullable(), isAnswered: z.boolean() })

/** What an order's money is asked for with. */
interface Method {
  token: string
  /** The provider's record of the hold, where one was made and kept. */
  prepared?: string | undefined
}

/**
 * The token to ask for an order's money with; nothing when the gateway's answer is booked.
 *
 * Version 1 of `order.placed` had the token in it. Rows of that version are older than the table of tokens, or are appended
 * by an API process of the release before while both run, which does not know that table. So where no token is kept, the
 * recorded event is asked. Reactions do not see it any more: they get the event as of version 2.
 * @throws Unrecoverable when there is none, in neither place
 */
export async function tokenOf(
  db: Database,
  { orderId, stream }: { orderId: string; stream: string },
): Promise<Method | undefined> {
  // One statement, so one moment: the answer is booked and the token forgotten in one commit.
  const { token, prepared, isAnswered } = await readRow(db, Kept)`
    SELECT (SELECT token FROM payment_tokens WHERE order_id = ${orderId}::uuid) AS token,
      (SELECT prepared FROM payment_tokens WHERE order_id = ${orderId}::uuid) AS prepared,
      EXISTS (SELECT FROM payments WHERE order_id = ${orderId}::uuid AND status <> 'pending') AS "isAnswered"`
  if (isAnswered) return undefined
  return { token: token ?? (await recordedToken(db, stream)) ?? noToken(orderId), prepared: prepared ?? undefined }
}

const Prepared = row({ prepared: z.string() })

/**
 * Keeps the provider's record of the hold, unless one is kept: then that one counts, and the other will never hold anything.
 * @returns the one that counts
 */
export async function keepPrepared(db: Database, orderId: string, prepared: string): Promise<string> {
  const [kept] = await readRows(db, Prepared)`
    UPDATE payment_tokens SET prepared = coalesce(prepared, ${prepared}) WHERE order_id = ${orderId}::uuid RETURNING prepared`
  return kept?.prepared ?? prepared // an order of version 1 has no row
}

const PlacedV1 = z.object({
  type: z.literal('order.placed'),
  data: z.object({ payment: z.object({ token: z.string() }) }),
})

async function recordedToken(db: Database, stream: string): Promise<string | undefined> {
  for (const event of await readStream(db, stream)) {
    const { success, data } = PlacedV1.safeParse(event)
    if (success) return data.data.payment.token
  }
  return undefined
}

function noToken(orderId: string): never {
  throw new Unrecoverable(
    `No payment token is kept for the order '${orderId}': unused ones are forgotten after 7 days. Discard this, and cancel the order if it waits for its money`,
  )
}

/** Forgets at most `limit` tokens that are older. @returns how many */
export function pruneTokens(
  db: Database,
  { olderThanMs, limit }: { olderThanMs: number; limit: number },
): Promise<number> {
  return db.$executeRaw`
    DELETE FROM payment_tokens WHERE order_id IN (
      SELECT order_id FROM payment_tokens WHERE kept_at < now() - ${olderThanMs}::float8 * interval '1 ms' ORDER BY kept_at LIMIT ${limit})`
}
