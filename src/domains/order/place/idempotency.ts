import { hash } from 'node:crypto'
import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { readIdempotencyKey, type Caller } from '#http'
import type { NewOrder } from '../schemas/new-order.ts'

/** A caller's promise that requests with the same key mean the same order. */
export interface Idempotency {
  readonly clientId: string
  readonly key: string
  /** Hex of SHA-256 over the checked request: differences in spacing or order of members do not matter. */
  readonly fingerprint: string
}

type KeyRow = Readonly<z.infer<typeof KeyRow>>
const KeyRow = row({ clientId: z.string(), key: z.string(), fingerprint: z.string(), orderId: z.string() })
/** Without an order, the key belongs to a request of another kind. */
const HolderRow = KeyRow.extend({ orderId: z.string().nullable() })
type HolderRow = Readonly<z.infer<typeof HolderRow>>

/** @throws Refusal when the header is not 1 to 255 printable ASCII characters */
export function idempotencyOf(
  header: string | undefined,
  { clientId, test }: Pick<Caller, 'clientId' | 'test'>,
  request: NewOrder,
): Idempotency | undefined {
  const key = readIdempotencyKey(header)
  if (key === undefined) return undefined
  // A test key and a live key of one client mean different orders.
  const fingerprint = hash('sha256', JSON.stringify(request) + (test ? ' test' : ''), 'hex')
  return { clientId, key, fingerprint }
}

export const keyOf = ({ clientId, key }: Pick<Idempotency, 'clientId' | 'key'>): string => `${clientId} ${key}`

const Claimed = row({ orderId: z.string() })

/**
 * Claims keys for new orders. Waits for a transaction that is claiming one of them at this moment. Of two equal keys in
 * one call the first gets it.
 * @returns the ids of the orders whose keys were free
 */
export async function claimKeys(tx: Transaction, rows: readonly KeyRow[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const numbered = rows.map((row, nth) => ({ ...row, nth }))
  const claimed = await readRows(tx, Claimed)`
    INSERT INTO idempotency_keys (client_id, key, fingerprint, order_id, created_at)
    SELECT "clientId", key, decode(fingerprint, 'hex'), "orderId", now()
    FROM jsonb_to_recordset(${JSON.stringify(numbered)}::jsonb)
      AS row("clientId" uuid, key text, fingerprint text, "orderId" uuid, nth int)
    ORDER BY "clientId", key, nth
    ON CONFLICT DO NOTHING
    RETURNING order_id AS "orderId"`
  return new Set(claimed.map(({ orderId }) => orderId))
}

/** Who holds these keys, by `keyOf`. */
export async function holdersOf(tx: Transaction, keys: readonly Idempotency[]): Promise<Map<string, HolderRow>> {
  if (keys.length === 0) return new Map()
  const wanted = keys.map(({ clientId, key }) => ({ clientId, wanted: key }))
  const rows = await readRows(tx, HolderRow)`
    SELECT client_id AS "clientId", key, encode(fingerprint, 'hex') AS fingerprint, order_id AS "orderId"
    FROM idempotency_keys WHERE (client_id, key) IN (
      SELECT "clientId", wanted FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) AS row("clientId" uuid, wanted text))`
  return new Map(rows.map((row) => [keyOf(row), row]))
}

/** Forgets at most `limit` keys that are older, the oldest first. @returns how many */
export function pruneKeys(
  db: Database,
  { olderThanMs, limit }: { olderThanMs: number; limit: number },
): Promise<number> {
  return db.$executeRaw`
    DELETE FROM idempotency_keys WHERE (client_id, key) IN (
      SELECT client_id, key FROM idempotency_keys WHERE created_at < now() - ${olderThanMs}::float8 * interval '1 ms' ORDER BY created_at LIMIT ${limit})`
}
